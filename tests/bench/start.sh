#!/bin/bash
# P20 and P21 of performance.md: from exec to the first answer over TLS, and the memory of the idle gateway.
# Absolute figures: the goals name limits in milliseconds and megabytes. curl's own start is not counted.
set -euo pipefail
program=$(dirname "$0")/tsunagi
folder=$(mktemp -d)
gateway=
# shellcheck disable=SC2317  # the trap calls it
stop() {
    [[ -z $gateway ]] || kill "$gateway" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
"$program" init "$folder" >/dev/null
sed -i 's/"port": *[0-9]*/"port": 0/' "$folder/config.json"

now_us() { echo $((${EPOCHREALTIME/./})); }
times=() memory=()
for _ in {1..11}; do
    started=$(now_us)
    exec {lines}< <(exec "$program" serve --config "$folder/config.json" 2>"$folder/log")
    gateway=$!
    IFS= read -r -t 20 url <&"$lines" || { cat "$folder/log" >&2; exit 1; }
    ready=$(now_us)
    answer=$(curl --silent --fail --max-time 10 --cacert "$folder/tls/authority.pem" \
        --cert "$folder/tls/gateway.pem" --key "$folder/tls/gateway.key" \
        --output /dev/null --write-out '%{time_total}' "$url/health/live") || { cat "$folder/log" >&2; exit 1; }
    times+=($((ready - started + $(awk -v s="$answer" 'BEGIN { printf "%d", s * 1000000 }'))))
    memory+=("$(awk '/^VmRSS:/ { print $2 }' "/proc/$gateway/status")")
    kill "$gateway"
    wait "$gateway" || true
    exec {lines}<&-
    gateway=
done
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
failed=0
report() { # GOAL WHAT FIGURE LIMIT UNIT
    local verdict=met
    awk -v figure="$3" -v limit="$4" 'BEGIN { exit !(figure <= limit) }' || { verdict=MISSED; failed=1; }
    printf '%-4s %-34s %9.1f %s  <= %s  %s\n' "$1" "$2" "$3" "$5" "$4" "$verdict"
}
report P20 'exec to first answer over TLS' "$(awk -v us="$(median "${times[@]}")" 'BEGIN { print us / 1000 }')" 150 ms
report P21 'resident memory after it' "$(awk -v kb="$(median "${memory[@]}")" 'BEGIN { print kb / 1024 }')" 64 MB
exit $failed
