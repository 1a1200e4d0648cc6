# shellcheck shell=bash
# The checks behind `./run check`. Sourced by `run`, whose steps, set-up and build it uses.
: "${failed_steps:?run this through ./run check}"

check_needs='clang-16 c:clang++-16
clang-tidy-16 c:clang-tidy-16
clang-format-16 c:clang-format-16
libclang-rt-16-dev f:/usr/lib/llvm-16/lib/clang/16/lib/linux/libclang_rt.asan_static-*.a
shellcheck c:shellcheck'
lint_limit=60 # files; a change is linted whole up to this many, newest first

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
    step "シェル / shell" shellcheck run .ci/run tests/check.sh tests/fresh/run || true
    step "ヘッダ単独 / headers stand alone" build release all_verify_interface_header_sets || true
    step "構造 / architecture" check_architecture || true
    if step "ASan+UBSan ビルド / build" build asan tests_unit tests_conformance tests_replay; then
        step "ASan+UBSan 実行 / run" run_ctest asan -L '^(unit|conformance|replay)$' || true
        step "ファズ / quick fuzz" check_fuzz || true
        step "静的解析 / lint" check_lint "$lint_all" || true
    fi
    if step "TSan ビルド / build" build tsan tests_tsan; then
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

# Files to lint, one a line: all, or those changed since TSUNAGI_BASE (default: the last commit older than a day).
# A changed header stands for its source file;
# a file that no target compiles is not linted.
lint_files() {
    if [[ $1 == yes ]]; then
        our_sources | grep '\.cpp$'
        return
    fi
    local base=${TSUNAGI_BASE:-$(git rev-list -1 --before='1 day ago' HEAD)}
    base=${base:-$(git hash-object -t tree /dev/null)}
    { git ls-files --others --exclude-standard -- gateway tests
      git diff --name-only --diff-filter=d "$base" -- gateway tests; } |
        sed -n 's/\.h$/.cpp/; /\.cpp$/p' | sort -u | while read -r file; do
        [[ ! -f $file ]] || stat -c '%Y %n' "$file"
    done | sort -rn | cut -d' ' -f2-
}

check_lint() {
    local files=() limit=$lint_limit
    mapfile -t files < <(lint_files "$1" | while read -r file; do
        if grep -qF "/$file\"" build/asan/compile_commands.json; then echo "$file"; fi
    done)
    [[ $1 == yes ]] && limit=${#files[@]}
    if ((${#files[@]} > limit)); then
        echo "${#files[@]} files changed: linting the newest $limit; \`./run check --all\` lints every file"
        files=("${files[@]:0:limit}")
    fi
    printf '%s\n' "${files[@]}" | grep . | xargs -r -P "$(jobs)" -n 4 clang-tidy-16 --quiet -p build/asan
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
