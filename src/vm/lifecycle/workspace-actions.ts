/** What is under way on a VM while work goes in or out of it. */
export const PREPARING = 'preparing its repository';
export const EXPORTING = 'exporting its work';

export const WORKSPACE_ACTIONS: readonly string[] = [PREPARING, EXPORTING];
