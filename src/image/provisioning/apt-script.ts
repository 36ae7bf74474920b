import { PROVISIONING_STATUS as STATUS } from './provisioning-status.js';

/**
 * Part of the script: apt, with lists, archives, sources and logs of its own, so that the tree's stay as they are.
 * The mirrors of the host come first, because they are known to be reachable; where they do not have what the tree needs
 * (another release, older packages than it has), those of the tree are tried.
 */
export const APT = `# Sources that take the host's mirrors, where they are of this distribution
mirror_sources() {
  [ -n "$codename" ] || return 0
  signed=''
  for keyring in "/usr/share/keyrings/$id-archive-keyring.gpg" "/usr/share/keyrings/$id-archive-keyring.pgp"; do
    if [ -e "$keyring" ]; then
      signed="[signed-by=$keyring] "
      break
    fi
  done
  printf '%s\\n' "\${BANGER_APT_MIRRORS:-}" | while read -r archive uri rest; do
    case $uri in '' | *[!A-Za-z0-9:/._~%@+=,-]*) continue ;; esac
    case $id:$archive in
      debian:debian) suites="$codename $codename-updates" components=main ;;
      debian:debian-security) suites="$codename-security" components=main ;;
      ubuntu:ubuntu) suites="$codename $codename-updates $codename-security" components='main universe' ;;
      *) continue ;;
    esac
    for suite in $suites; do printf 'deb %s%s %s %s\\n' "$signed" "$uri" "$suite" "$components"; done
  done
}

apt() {
  apt-get -q -y -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o APT::Install-Suggests=false \\
    -o Acquire::Languages=none -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--log=/dev/null \\
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o Dir::Log="$work/log" "$@"
}

# Nothing is unpacked before all is there. Arguments: options that name the sources.
fetch() {
  rm -rf "$work/lists"
  mkdir -p "$work/lists/partial"
  failure=${STATUS.mirrors}
  apt "$@" update || return 1
  for list in "$work"/lists/*Packages*; do
    [ -e "$list" ] || return 1
    break
  done
  failure=${STATUS.download}
  # shellcheck disable=SC2086 # a word a package
  apt "$@" --download-only install $packages
}

with_apt() {
  mkdir -p "$work/cache/archives/partial" "$work/log" "$work/none"
  # read before the tree's own apt.conf; the lines are the host's
  printf '%s' "\${BANGER_APT_OPTIONS:-}" > "$work/apt.conf"
  export APT_CONFIG="$work/apt.conf"
  mirror_sources > "$work/sources.list"
  set --
  if [ -s "$work/sources.list" ]; then
    set -- -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/none"
    if ! fetch "$@" -o APT::Update::Error-Mode=any; then
      say 'the mirrors of the host do not serve it; those of the image are tried'
      set --
    fi
  fi
  [ $# -gt 0 ] || fetch || refuse "$failure" 'apt-get could not fetch the packages'
  # shellcheck disable=SC2086 # a word a package
  apt "$@" --no-download install $packages || refuse ${STATUS.installation} 'apt-get could not install the packages'
}
`;
