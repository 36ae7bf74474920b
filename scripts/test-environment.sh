# Makes a checkout ready for its long tests: packages, Node.js, build, the host's programs. Sourced from scripts/. POSIX sh.
cd "$BANGER_ROOT"
. scripts/bootstrap.sh
. scripts/host-packages.sh
bootstrap_modules
node=$(bootstrap_node)
PATH="$BANGER_ROOT/node_modules/.bin:$(dirname "$node"):$PATH"
export PATH
bootstrap_build
host_install
