/**
 * A guest of 166 bytes that proves that KVM runs guests: it enters 64-bit mode with paging and writes 0x2a to the
 * port of QEMU's isa-debug-exit device, which ends QEMU with exit status 0x2a * 2 + 1.
 * A shorter proof is none: hosts were met whose KVM opens, creates vCPUs and runs 16-bit code, SeaBIOS included,
 * and then hangs in the first 64-bit instruction (kvm_pvm), or kills QEMU over a feature of `-cpu host`.
 *
 *     .code16                                 .code32
 *     start: cli                              pm: mov  $0x10, %ax ; mov %ax, %ds ; mov %ax, %ss
 *            lgdtl %cs:gdtptr                     movl $0x2003, 0x1000   # page tables: 2 MiB, identity
 *            mov  %cr0, %eax                      movl $0x3003, 0x2000
 *            or   $1, %al                         movl $0x83, 0x3000
 *            mov  %eax, %cr0                      mov  %cr4, %eax ; or $0x20, %al ; mov %eax, %cr4      # PAE
 *            ljmpl $0x08, $0xf0000 + pm           mov  $0x1000, %eax ; mov %eax, %cr3
 *     .code64                                     mov  $0xc0000080, %ecx ; rdmsr ; or $1, %ah ; wrmsr   # LME
 *     lm:    mov  $0x8000, %esp                   mov  %cr0, %eax ; or $0x80000000, %eax ; mov %eax, %cr0
 *            push $0x2a ; pop %rax                ljmp $0x18, $0xf0000 + lm
 *            out  %al, $0xf4
 *     1:     hlt ; jmp 1b                     gdt: null, code32 (0x08), data (0x10), code64 (0x18) ; gdtptr
 */
const CODE =
  'fa2e660f0116a0000f20c00c010f22c066ea18000f00080066b810008ed88ed0c7050010000003200000c7050020000003300000' +
  'c70500300000830000000f20e00c200f22e0b8001000000f22d8b9800000c00f3280cc010f300f20c00d000000800f22c0ea6c00' +
  '0f001800bc008000006a2a58e6f4f4ebfd0f1f80000000000000000000000000ffff0000009acf00ffff00000092cf00ffff0000' +
  '009aaf001f0080000f00';

/** `ljmp $0xf000, $0`: what the processor runs first, 16 bytes before the end of the ROM. */
const RESET_VECTOR = 'ea000000f0';
const ROM_BYTES = 64 * 1024;
const HLT = 0xf4;

export const PROBE_EXIT_PORT = 0xf4;
export const PROBE_EXIT_CODE = 0x2a * 2 + 1;

export function kvmProbeRom(): Buffer {
  const rom = Buffer.alloc(ROM_BYTES, HLT);
  rom.write(CODE, 0, 'hex');
  rom.write(RESET_VECTOR, ROM_BYTES - 16, 'hex');
  return rom;
}
