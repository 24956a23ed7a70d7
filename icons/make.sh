#!/bin/sh
# Makes every icon file from the SVGs beside this script. Needs npx, rsvg-convert and ImageMagick's convert.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npx --yes @tauri-apps/cli@2.12 icon sotto.svg --output "$work/set"
cp "$work"/set/*.png "$work/set/icon.icns" .

# The small sizes have a drawing of their own.
for size in 16 24 32; do rsvg-convert -w $size -h $size sotto-small.svg -o "$work/$size.png"; done
for size in 48 64 256; do rsvg-convert -w $size -h $size sotto.svg -o "$work/$size.png"; done
cp "$work/32.png" 32x32.png
rsvg-convert -w 30 -h 30 sotto-small.svg -o Square30x30Logo.png
(cd "$work" && convert 32.png 16.png 24.png 48.png 64.png 256.png icon.ico)
cp "$work/icon.ico" .

for name in tray tray-unread tray-template tray-template-unread; do
  rsvg-convert -w 64 -h 64 $name.svg -o $name.png
done
