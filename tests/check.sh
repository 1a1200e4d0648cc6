# shellcheck shell=bash
# The checks behind `./run check`. Sourced by `run`, whose steps, set-up and build it uses.
: "${failed_steps:?run this through ./run check}"

check_needs='clang-16 c:clang++-16
clang-tidy-16 c:clang-tidy-16
clang-format-16 c:clang-format-16
llvm-16 f:/usr/lib/llvm-16/bin/llvm-symbolizer
libclang-rt-16-dev f:/usr/lib/llvm-16/lib/clang/16/lib/linux/libclang_rt.asan_static-*.a
shellcheck c:shellcheck'

symbolizer=/usr/lib/llvm-16/bin/llvm-symbolizer

check() {
    local lint_all=no
    case ${1:-} in
        '') ;;
        --all) lint_all=yes ;;
        *) usage >&2; exit 2 ;;
    esac
    # A step that fails is counted and the next one goes on: one run names everything that is wrong.
    step "準備 / set up" set_up_checks
    step "書式 / format" check_format || true
    step "シェル / shell" shellcheck run .ci/run tests/check.sh tests/fresh/run tests/peers/run || true
    step "ヘッダ単独 / headers stand alone" build release all_verify_interface_header_sets || true
    step "構造 / architecture" check_architecture || true
    if step "ASan+UBSan ビルド / build" build asan tests_unit tests_conformance tests_replay; then
        step "ASan+UBSan 実行 / run" run_ctest asan -L '^(unit|conformance|replay)$' || true
        step "ファズ / quick fuzz" check_fuzz || true
        step "静的解析 / lint" check_lint "$lint_all" || true
    fi
    if step "TSan ビルド / build" build tsan tests_tsan; then
        # Suppressions name functions, and functions have names with a symbolizer only.
        export TSAN_OPTIONS="suppressions='$PWD/tests/support/tsan.supp' external_symbolizer_path=$symbolizer"
        step "TSan 実行 / run" run_ctest tsan -L '^tsan$' || true
    fi
    print_steps
    if ((failed_steps > 0)); then
        printf '\n%s\n' "不合格 $failed_steps 件。上の FAILED を見てください。 / $failed_steps checks failed: see FAILED above." >&2
        exit 1
    fi
}

set_up_checks() {
    install_missing "$check_needs"
    set_up
}

our_sources() { git ls-files --cached --others --exclude-standard -- 'gateway/*.cpp' 'gateway/*.h' 'tests/*.cpp' 'tests/*.h'; }

check_format() { our_sources | xargs -r clang-format-16 --dry-run -Werror; }

check_architecture() {
    build release test_architecture && run_ctest release -R '^architecture$'
}

# "KEY FILE" for each source that the ASan tree compiles. The key is a hash of all of ours that clang-tidy reads for it, by what
# the compiler noted; of everything for a source that is not built there.
lint_keys() {
    local sums=build/asan/lint.sums file bytes
    { our_sources
      printf '%s\n' .clang-tidy CMakePresets.json gateway/cmake/*.cmake; } | xargs sha256sum >"$sums"
    { cat "$sums"
      echo deps
      ninja -C build/asan -t deps
      echo commands
      grep '"file":' build/asan/compile_commands.json; } |
        awk -v here="$PWD/" -v version="$(clang-tidy-16 --version | tr -d '\n')" '
            function note() { if (source != "" && !(source in read)) read[source] = list; source = list = "" }
            /^deps$/ || /^commands$/ { part = $0; note(); next }
            part == "" { sum[$2] = substr($1, 1, 20); all = all sum[$2]; if ($2 !~ /^(gateway|tests)\/.*[.](cpp|h)$/) rules = rules sum[$2]; next }
            part == "deps" && /#deps/ { note(); next }
            part == "deps" {
                name = $1
                sub(/^[.][.]\/[.][.]\//, "", name)
                if (index(name, here) == 1) name = substr(name, length(here) + 1)
                if (name in sum) { list = list sum[name]; if (source == "" && name ~ /[.]cpp$/) source = name }
                next
            }
            { name = $2; gsub(/[",]/, "", name); if (index(name, here) == 1) name = substr(name, length(here) + 1)
              if (name in sum && !(name in told)) { told[name]; print name, rules (name in read ? read[name] : all) version } }' |
        while read -r file bytes; do
            printf '%s %s\n' "$(sha256sum <<<"$bytes" | cut -c1-40)" "$file"
        done
}

# "KEY FILE" for each source that was not found clean as it stands; those changed since TSUNAGI_BASE (default: the last commit
# older than a day) first.
lint_files() {
    local base=${TSUNAGI_BASE:-$(git rev-list -1 --before='1 day ago' HEAD)}
    base=${base:-$(git hash-object -t tree /dev/null)}
    { git diff --name-only --diff-filter=d "$base" -- gateway tests
      git ls-files --others --exclude-standard -- gateway tests
      echo keys
      lint_keys; } |
        awk '/^keys$/ { keys = 1; next }
            !keys { sub(/[.]h$/, ".cpp"); changed[$0]; next }
            { print ($2 in changed ? 0 : 1), $1, $2 }' | sort -s -n -k1,1 |
        while read -r _ key file; do
            [[ -e $cache/lint/$key ]] || printf '%s %s\n' "$key" "$file"
        done
}

# lint_one DEADLINE KEY FILE: a file that is clean leaves its key behind; none is begun after the deadline.
lint_one() {
    if (($(date +%s) >= $1)); then
        echo "$3" >>build/asan/lint.left
    else
        clang-tidy-16 --quiet -p build/asan "$3" 2> >(grep -v ' warnings\? generated\.$' >&2) && touch "$cache/lint/$2"
    fi
}

# check_lint ALL: every file (yes), or as many as the minutes allow.
check_lint() {
    local deadline files=() left=0 code=0 minutes=${TSUNAGI_LINT_MINUTES:-8}
    [[ $1 == yes ]] && minutes=600
    deadline=$(($(date +%s) + minutes * 60))
    mkdir -p "$cache/lint"
    find "$cache/lint" -type f -mtime +60 -delete
    rm -f build/asan/lint.left
    mapfile -t files < <(lint_files)
    export -f lint_one
    export cache
    ((${#files[@]} == 0)) || printf '%s\n' "${files[@]}" |
        xargs -P "$(jobs)" -L 1 bash -c 'lint_one "$@"' lint_one "$deadline" || code=1
    [[ ! -f build/asan/lint.left ]] || left=$(wc -l <build/asan/lint.left)
    echo "$((${#files[@]} - left)) files linted, the others are unchanged since they were clean"
    if ((left > 0)); then
        echo "$left files left out after $minutes minutes (\`./run check --all\` lints every file):"
        sort build/asan/lint.left
    fi
    return "$code"
}

# Every fuzz target of the ASan tree, a few seconds each from its own seeds; a finding is left in build/asan/findings.
check_fuzz() {
    local target name seeds bad=0 seconds=${TSUNAGI_FUZZ_SECONDS:-15}
    build asan tests_fuzz || return 1
    mkdir -p build/asan/findings
    for target in build/asan/bin/fuzz_*; do
        [[ -x $target ]] || continue
        name=${target##*/fuzz_}
        mkdir -p "build/asan/corpus/$name"
        mapfile -t seeds <"build/asan/corpus/$name.seeds"
        echo "fuzz $name: $seconds s"
        "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -verbosity=0 -print_final_stats=0 \
            -artifact_prefix="build/asan/findings/$name-" "build/asan/corpus/$name" "${seeds[@]}" || bad=1
    done
    return "$bad"
}
