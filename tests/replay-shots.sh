#!/bin/sh
# replay-shots.sh - pictures of six moments of build/replay.html, light and
# dark, in two sizes, in build/replay-shots/. They are for people to look at;
# make replay comes first.
set -eu

build=${BUILD:-build}
page=$PWD/$build/replay.html
shots=$build/replay-shots
moments="four-answers double-hop chain same-picture same-line mixed-letters"

[ -f "$page" ] || { echo "replay-shots: no $page: make replay" >&2; exit 1; }
for browser in chromium chromium-browser google-chrome; do
    command -v "$browser" >/dev/null && break
done
command -v "$browser" >/dev/null ||
    { echo "replay-shots: skipped: no Chromium"; exit 0; }
sandbox=
[ "$(id -u)" -ne 0 ] || sandbox=--no-sandbox

mkdir -p "$shots"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
for moment in $moments; do
    for theme in light dark; do
        for size in 1280,800 1920,1080; do
            picture=$shots/$moment-$theme-${size%,*}.png
            "$browser" --headless $sandbox --disable-gpu --hide-scrollbars \
                --user-data-dir="$profile" --window-size="$size" \
                --screenshot="$picture" \
                "file://$page#moment=$moment&theme=$theme" >/dev/null 2>&1
            [ -s "$picture" ] ||
                { echo "replay-shots: no $picture" >&2; exit 1; }
        done
    done
done
echo "$(ls "$shots"/*.png | wc -l) pictures in $shots"
