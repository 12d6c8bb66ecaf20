#!/usr/bin/env bash
# Install what Krong needs; a second run changes nothing and takes a second.
#   ./setup.sh                 what a city needs
#   ./setup.sh --dev           what tests and linters need on top
#   ./setup.sh --translations  only compile the translations
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

dev=''
[ "${1:-}" = '--dev' ] && dev=yes
tools=var/tools
python=.venv/bin/python
missing=()

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 2; }
works() { "$@" >/dev/null 2>&1; }
digest() { cat "$@" | cksum | tr -c '0-9\n' '-'; }

# --- what we may do here ---------------------------------------------------------------------

check_folder_is_ours() {
    local path
    for path in . var .venv node_modules; do
        if [ -e "$path" ] && [ ! -w "$path" ]; then
            die "$(id -un) cannot write $(readlink -f "$path") (it belongs to $(stat -c %U "$path"))." \
                "Run as that account, or give the folder to yourself with chown -R."
        fi
    done
}

keep_caches_private_when_home_is_not_ours() {
    # under sudo, HOME may be another account's: its caches must not fill with files of root
    if [ ! -O "${HOME:-/nonexistent}" ]; then
        export UV_CACHE_DIR=$PWD/var/cache/uv PIP_CACHE_DIR=$PWD/var/cache/pip
        export npm_config_cache=$PWD/var/cache/npm UV_PYTHON_INSTALL_DIR=$PWD/var/tools/python
    fi
}

become_root() {
    if [ "$(id -u)" = 0 ]; then echo env; elif works sudo -n true; then echo 'sudo -n env'; fi
}

read_package_lists_once() {
    # a fresh container has none; without them no package is found
    if [ -n "$(become_root)" ] && works command -v apt-get \
        && [ -z "$(find /var/lib/apt/lists -name '*Packages*' -print -quit 2>/dev/null)" ]; then
        $(become_root) apt-get update -qq >&2 || say "apt-get update failed; going on without."
    fi
}

install_system_packages() {
    [ $# -gt 0 ] || return 0
    local root line="apt-get install --yes --no-install-recommends $*" mine=''
    root=$(become_root)
    if [ -z "$root" ] || ! works command -v apt-get; then
        die "Some system packages are missing. Install them and run this again: sudo $line"
    fi
    say "Installing system packages: $*"
    if [[ "$*" == *postgresql* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        # Krong runs a PostgreSQL of its own: keep Debian from starting one on TCP port 5432
        mine=/etc/postgresql-common/createcluster.d/krong.conf
        $root mkdir -p "${mine%/*}"
        $root sh -c "echo 'create_main_cluster = false' > $mine"
    fi
    if ! works $root DEBIAN_FRONTEND=noninteractive $line; then
        $root apt-get update -qq >&2 || say "apt-get update failed; trying with the lists there are."
        $root DEBIAN_FRONTEND=noninteractive $line >&2 || die "That failed. Try it by hand: $line"
    fi
    [ -z "$mine" ] || $root rm -f "$mine"
}

# --- Python ----------------------------------------------------------------------------------

is_new_enough() {
    # run it: a pyenv shim exists for each version ever installed and fails unless activated
    works "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 12))'
}

find_python() {
    local candidate
    for candidate in python3.14 python3.13 python3.12 python3 \
        ${PYENV_ROOT:+"$PYENV_ROOT"/versions/3.*/bin/python3} \
        "${HOME:-}"/.pyenv/versions/3.*/bin/python3; do
        if is_new_enough "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
}

system_python_is_new_enough() {
    [ -n "$(become_root)" ] || return 1
    local version
    version=$(apt-cache policy python3 2>/dev/null | sed -n 's/^ *Candidate: *//p')
    works dpkg --compare-versions "${version:-0}" ge 3.12
}

find_uv() {
    local candidate
    for candidate in uv "${HOME:-}/.local/bin/uv" "$PWD/$tools/bin/uv"; do
        if works "$candidate" --version; then
            echo "$candidate"
            return
        fi
    done
}

fetch_uv() {
    # into a folder of our own: nothing of the machine's Python is touched
    local base
    for base in "$@" python3.14 python3.13 python3.12 python3.11 python3 \
        ${PYENV_ROOT:+"$PYENV_ROOT"/versions/3.*/bin/python3} \
        "${HOME:-}"/.pyenv/versions/3.*/bin/python3; do
        if works "$base" -m venv "$tools" && works "$tools/bin/python" -m pip install --quiet uv; then
            return
        fi
        rm -rf "$tools"
    done
    return 1
}

make_venv() {
    # .venv keeps its own path and its base Python: moved or broken, it is made again
    if [ -x $python ] && is_new_enough "$PWD/$python" \
        && [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ]; then
        return
    fi
    say "Making .venv with Python ${base:-fetched by uv}."
    rm -rf .venv
    if [ -n "$uv" ]; then
        "$uv" venv --quiet --no-project --python "${base:-3.12}" .venv || die \
            "Krong needs Python 3.12 or newer, found none and could not fetch one." \
            "Install it (also pyenv's will do, activated or not), then run this again."
    else
        "$base" -m venv .venv
    fi
    echo "$PWD" > .venv/made-in
}

install_lock() {
    local lock=$1 stamp
    stamp=.venv/installed-$(digest "$lock")
    [ -e "$stamp" ] && return
    say "Installing the Python packages of $lock."
    if [ -n "$uv" ]; then
        "$uv" pip install --quiet --python $python --require-hashes -r "$lock"
    else
        $python -m pip install --quiet --require-hashes --no-deps -r "$lock"
    fi
    touch "$stamp"
}

set_up_python() {
    local base uv lock=requirements.lock
    [ -z "$dev" ] || lock=requirements-dev.lock
    [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ] && [ -e ".venv/installed-$(digest $lock)" ] \
        && is_new_enough "$PWD/$python" && return
    base=$(find_python)
    if [ -z "$base" ] && system_python_is_new_enough; then
        install_system_packages python3 python3-venv
        base=$(find_python)
    fi
    uv=$(find_uv)
    if [ -z "$uv" ] && ! works "${base:-false}" -c 'import ensurepip'; then
        fetch_uv || { install_system_packages python3 python3-venv && fetch_uv; } \
            || die "Krong needs Python 3.12 or newer. Install it, or uv, and run this again."
        uv=$PWD/$tools/bin/uv
    fi
    make_venv
    install_lock $lock
    # the dev lock holds all of the other: do not install it a second time
    touch ".venv/installed-$(digest requirements.lock)"
}

# --- system packages -------------------------------------------------------------------------

postgis_packages() {
    local major
    major=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null \
        | sort -n | tail -1 || true)
    if [ "${major:-0}" -lt 15 ]; then
        major=$(apt-cache depends postgresql 2>/dev/null | grep -o 'postgresql-[0-9]*' | head -1 \
            | grep -o '[0-9]*$' || echo 15)
    fi
    echo "postgresql-$major postgresql-$major-postgis-3"
}

can_make_a_database() {
    [ -n "${DATABASE_URL:-}" ] || works $python -c \
        'from config.cluster import binaries as b; b.for_new_data(b.installed())'
}

find_missing_system_packages() {
    can_make_a_database || missing+=($(postgis_packages))
    works $python -c 'import weasyprint' \
        || missing+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core)
    works npm --version || works npm_is_not_needed || missing+=(nodejs npm)
    if [ -n "$dev" ] && ! works command -v chromium && ! works command -v google-chrome; then
        missing+=(chromium)
    fi
    # a real client of the open standards; its tests skip where nobody may install it
    if [ -n "$dev" ] && [ -n "$(become_root)" ] && works command -v apt-get \
        && ! works /usr/bin/python3 -c 'import qgis.core'; then
        missing+=(python3-qgis)
    fi
}

# --- what the browser gets -------------------------------------------------------------------

vendor_stamp() { echo "var/vendor/made-of-$(digest package-lock.json setup.sh)"; }
npm_is_not_needed() { [ -e "$(vendor_stamp)" ]; }

copy_vendor_files() {
    local fresh=var/vendor.new weight script
    rm -rf $fresh
    mkdir -p $fresh/leaflet $fresh/leaflet-geoman $fresh/protomaps-leaflet
    cp -R node_modules/leaflet/dist/{leaflet.js,leaflet.css,images} $fresh/leaflet/
    cp node_modules/leaflet/LICENSE $fresh/leaflet/
    cp node_modules/@geoman-io/leaflet-geoman-free/dist/leaflet-geoman.{min.js,css} \
        node_modules/@geoman-io/leaflet-geoman-free/LICENSE $fresh/leaflet-geoman/
    cp node_modules/protomaps-leaflet/dist/protomaps-leaflet.js $fresh/protomaps-leaflet/
    for script in noto-sans-khmer/khmer noto-sans/latin noto-sans/latin-ext; do
        local family=${script%/*} subset=${script#*/}
        mkdir -p "$fresh/$family/files"
        cp "node_modules/@fontsource/$family/LICENSE" "$fresh/$family/"
        for weight in 400 600 700; do
            cp "node_modules/@fontsource/$family/$subset-$weight.css" "$fresh/$family/"
            cp "node_modules/@fontsource/$family/files/$family-$subset-$weight-normal".woff* \
                "$fresh/$family/files/"
        done
    done
    # the last line of a script names a source map that is not shipped; static files must all exist
    sed -i -E '/^\/[/*]# sourceMappingURL=/d' $fresh/leaflet/leaflet.js \
        $fresh/leaflet-geoman/leaflet-geoman.* $fresh/protomaps-leaflet/protomaps-leaflet.js
    rm -rf var/vendor
    mv $fresh var/vendor
}

set_up_browser_libraries() {
    npm_is_not_needed && return
    say "Fetching the browser libraries of package-lock.json."
    npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2
    copy_vendor_files
    touch "$(vendor_stamp)"
}

compile_translations() {
    local catalogue source
    for catalogue in */locale; do
        for source in "$catalogue"/*/LC_MESSAGES/django.po; do
            [ -e "$source" ] || continue
            if [ "${1:-}" = all ] || [ ! "${source%.po}.mo" -nt "$source" ]; then
                .venv/bin/pybabel --quiet compile -d "$catalogue" -D django -f
                break
            fi
        done
    done
}

if [ "${1:-}" = '--translations' ]; then
    compile_translations all
    exit
fi
check_folder_is_ours
mkdir -p var
read_package_lists_once
keep_caches_private_when_home_is_not_ours
set_up_python
find_missing_system_packages
install_system_packages ${missing[@]+"${missing[@]}"}
set_up_browser_libraries
compile_translations
