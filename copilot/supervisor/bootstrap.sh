#!/bin/sh
# Makes what `make` needs on a bare machine.
#   bootstrap.sh python <lock>   .venv with exactly the packages of a hashed lock
#   bootstrap.sh which           prints the Python that .venv would be made with
#   bootstrap.sh chromium        prints the path of a Chromium, installing one if it can
set -eu

say() { printf '%s\n' "$*" >&2; }

is_debian_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 </dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
            >&2 </dev/null
}

# A name on PATH proves nothing: a version manager's shim exists for versions that are not there.
right_version() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' >/dev/null 2>&1
}
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Microseconds of processor for a fixed piece of work.
pace() {
    "$1" -I -c '
import time
class Row:
    def __init__(self, n): self.n = n
    def said(self, more): return f"{self.n} and {more}"
def work():
    begin = time.process_time()
    for n in range(15_000):
        row = Row(n)
        [row.said(one) for one in (1, 2, 3) if isinstance(row, Row)]
    return time.process_time() - begin
print(int(min(work() for _ in range(5)) * 1e6))'
}

# The first one found, unless another is a tenth quicker: what a version manager compiled without
# its profile takes a third longer than the same version of a distribution, for everything.
pick_python() {
    without_venv="" best="" fewest=0 tried=" "
    for name in ${PYTHON:-} python3.12 python3.11 python3 python /usr/local/bin/python3.12 \
        /usr/local/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.11 /usr/bin/python3; do
        path=$(command -v "$name" 2>/dev/null) || continue
        path=$(readlink -f "$path" 2>/dev/null || echo "$path")
        case "$tried" in *" $path "*) continue ;; esac
        # A version manager may be one program that looks at the name it is called by.
        case "$path" in */python*) tried="$tried$path " ;; esac
        right_version "$name" || continue
        if ! can_make_venv "$name"; then without_venv="${without_venv:-$name}"; continue; fi
        if [ "$name" = "${PYTHON:-}" ]; then echo "$name"; return; fi
        took=$(pace "$name")
        if [ -z "$best" ] || [ $((took * 10)) -lt $((fewest * 9)) ]; then
            best=$name fewest=$took
        fi
    done
    if [ -n "$best" ]; then echo "$best"; return; fi
    if [ -z "$without_venv" ]; then
        say "No Python 3.11 or 3.12 found. Install one (for example: apt-get install python3.11 python3.11-venv)"
        say "or name it: PYTHON=/path/to/python3.11 make demo"
        exit 1
    fi
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if is_debian_root; then
        say "Installing python$version-venv (this Python cannot make virtual environments yet) ..."
        apt_install "python$version-venv" >/dev/null 2>&1 || true
        if can_make_venv "$without_venv"; then echo "$without_venv"; return; fi
    fi
    say "$without_venv cannot make a virtual environment: its venv module is not installed."
    say "On Debian and Ubuntu: apt-get install python$version-venv"
    exit 1
}

digest() { "$1" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$2"; }

install_lock() {
    lock=$1
    stamp=.venv/.installed
    python=.venv/bin/python
    # A checkout that was copied brings a .venv whose Python may not exist here.
    if ! { [ -x "$python" ] && right_version "$python" && "$python" -m pip --version >/dev/null 2>&1; }; then
        chosen=$(pick_python)
        say "Making a virtual environment with $chosen ..."
        rm -rf .venv
        "$chosen" -m venv .venv
    fi
    want=$(digest "$python" "$lock")
    if [ -f "$stamp" ] && grep -q "$want" "$stamp"; then return; fi
    say "Installing $(grep -c '==' "$lock") packages from $lock (about half a minute) ..."
    rm -f "$stamp"
    "$python" -m pip install -qq --disable-pip-version-check --no-input --progress-bar off \
        --no-deps --require-hashes -r "$lock" >&2 </dev/null
    # The development lock holds everything of the other, so it serves for both.
    case "$lock" in *-dev.lock) echo "$want $(digest "$python" "${lock%-dev.lock}.lock")" ;; *) echo "$want" ;; esac >"$stamp"
}

# Not named "chromium": `command -v` would find the function, which would call itself.
find_chromium() {
    for name in ${CHROMIUM:-} chromium chromium-browser google-chrome google-chrome-stable; do
        path=$(command -v "$name" 2>/dev/null) || continue
        if "$path" --version >/dev/null 2>&1 </dev/null; then echo "$path"; return; fi
    done
    if is_debian_root; then
        say "Installing Chromium for the browser tests ..."
        apt_install chromium fonts-dejavu-core >/dev/null || true
        if path=$(command -v chromium 2>/dev/null); then echo "$path"; return; fi
    fi
    say "The browser tests need a Chromium and none was found."
    say "Install it (Debian: apt-get install chromium) or set CHROMIUM=/path/to/chrome."
    exit 1
}

case "${1:-}" in
python) install_lock "$2" ;;
which) pick_python ;;
chromium) find_chromium ;;
*) say "usage: bootstrap.sh python <lock> | which | chromium"; exit 2 ;;
esac
