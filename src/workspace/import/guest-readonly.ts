import { quoteShellWord } from '../../core/ssh/index.js';

const FSTAB = '/etc/fstab';

/** Sh functions that make `$target` a file system of its own that is not written, at each boot again, and undo it. */
export function readonlyFunctions(target: string): string {
  const line = quoteShellWord(fstabLine(target));
  return `is_mounted() { mountpoint -q -- "$target" 2>/dev/null; }
protect() {
  { is_mounted || mount --bind -- "$target" "$target"; } &&
    mount -o remount,bind,ro -- "$target" &&
    { grep -qxF ${line} ${FSTAB} 2>/dev/null || printf '%s\\n' ${line} >> ${FSTAB}; }
}
lift() { mount -o remount,bind,rw -- "$target"; }
unprotect() {
  cd /
  ! is_mounted || umount -- "$target" 2>/dev/null || umount -l -- "$target" || return 1
  if grep -qxF ${line} ${FSTAB} 2>/dev/null; then
    { grep -vxF ${line} ${FSTAB} || :; } > ${FSTAB}.banger &&
      cat ${FSTAB}.banger > ${FSTAB} &&
      rm -f -- ${FSTAB}.banger
  fi
}`;
}

/** A guest whose repository was deleted has to boot all the same. */
export function fstabLine(target: string): string {
  const path = target.replaceAll(
    /[\\ \t\n#]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `${path} ${path} none bind,ro,nofail 0 0`;
}
