import { PROVISIONING_STATUS as STATUS } from './provisioning-status.js';

/**
 * Part of the script: root can log in with a key, and sshd has its user. Without PAM, sshd refuses an account whose
 * password begins with `!` whatever key comes, and one whose password has run out; `*` only says that no password fits.
 */
export const ACCOUNTS = `# Lines of a file that go through a function, written back to the same file
rewrite() {
  [ -e "$1" ] || : > "$1"
  "$2" < "$1" > "$work/rewritten" && cat "$work/rewritten" > "$1" || refuse ${STATUS.tree} "$1 cannot be written"
}

login_shell() {
  case $1 in
    /*/nologin | /*/false | /*/true | /*/sync) ;;
    /*)
      if [ -f "$1" ] && [ -x "$1" ]; then
        echo "$1"
        return
      fi
      ;;
  esac
  if [ -x /bin/bash ]; then echo /bin/bash; else echo /bin/sh; fi
}

passwd_lines() {
  # the first line of an account counts
  root=missing sshd=missing ids=:
  while IFS= read -r line || [ -n "$line" ]; do
    IFS=: read -r name _ uid _ _ _ shell << END
$line
END
    ids="$ids$uid:"
    case $name in
      root)
        [ "$root" = missing ] || continue
        root=found
        printf 'root:x:0:0:root:/root:%s\\n' "$(login_shell "$shell")"
        ;;
      *)
        [ "$name" != sshd ] || sshd=found
        printf '%s\\n' "$line"
        ;;
    esac
  done
  [ "$root" = found ] || printf 'root:x:0:0:root:/root:%s\\n' "$(login_shell '')"
  [ "$sshd" = missing ] || return 0
  free=74
  while :; do
    case $ids in *:$free:*) free=$((free + 1)) ;; *) break ;; esac
  done
  printf 'sshd:x:%s:65534:sshd:/:/usr/sbin/nologin\\n' "$free"
}

shadow_lines() {
  root=missing
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      root:*)
        [ "$root" = missing ] || continue
        root=found
        password=\${line#root:}
        password=\${password%%:*}
        case $password in '' | '!'* | x) password='*' ;; esac
        printf 'root:%s:::::::\\n' "$password"
        ;;
      *) printf '%s\\n' "$line" ;;
    esac
  done
  [ "$root" = found ] || printf 'root:*:::::::\\n'
}

group_lines() {
  root=missing
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in root:*) root=found ;; esac
    printf '%s\\n' "$line"
  done
  [ "$root" = found ] || printf 'root:x:0:\\n'
}

rewrite /etc/passwd passwd_lines
rewrite /etc/group group_lines
umask 077
rewrite /etc/shadow shadow_lines
umask 022
mkdir -p /root && chown 0:0 /root && chmod 700 /root || refuse ${STATUS.tree} '/root cannot be made'
`;

/** Part of the script: sshd listens where banger connects, and reads what banger lays down. */
export const SSHD = `sshd_config_lines() {
  printf '# banger: its own settings come first, and sshd takes the first that it finds\\nInclude /etc/ssh/sshd_config.d/*.conf\\n'
  sed 's/^[[:space:]]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:space:]]\\{1,\\}\\/etc\\/ssh\\/sshd_config\\.d\\/\\*\\.conf.*$/# &/'
}
default_place() {
  sed 's/^[[:space:]]*\\([Pp][Oo][Rr][Tt]\\|[Ll][Ii][Ss][Tt][Ee][Nn][Aa][Dd][Dd][Rr][Ee][Ss][Ss]\\|[Aa][Dd][Dd][Rr][Ee][Ss][Ss][Ff][Aa][Mm][Ii][Ll][Yy]\\)[[:space:]=].*$/# &/'
}
mkdir -p /etc/ssh/sshd_config.d
for config in /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf; do
  [ ! -f "$config" ] || rewrite "$config" default_place
done
first=$(grep -v -e '^[[:space:]]*#' -e '^[[:space:]]*$' /etc/ssh/sshd_config | head -n 1)
case $first in
  [Ii]nclude*/etc/ssh/sshd_config.d/\\*.conf*) ;;
  *) rewrite /etc/ssh/sshd_config sshd_config_lines ;;
esac
`;
