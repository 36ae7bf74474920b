/** What is wrong with a file system that is read. Made an error that the user understands by whoever has it read. */
export class Ext4Fault extends Error {}
