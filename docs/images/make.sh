#!/bin/sh
# Makes the pictures of docs/ again, the same bytes every time:
#     docs/images/make.sh path/to/augment
set -eu
augment=$(command -v "${1:-augment}")
case $augment in /*) ;; *) augment=$PWD/$augment ;; esac
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out" hann.toml' EXIT

sed 's/"nearest"/"hann"/' mel.toml > hann.toml
for recipe in recipe mel hann; do
    "$augment" audio $recipe.toml --out "$out/$recipe" --quiet
done

# take RUN TRANSFORM NAME: the picture of an item under the name that the pages use.
take() {
    cp "$out/$1/train/happy/happy-hana-02-$2-0-"????????.png "$3.png"
}
for transform in speed room noise pitch frequency-mask time-mask gain chain; do
    take recipe original $transform-before
    take recipe $transform $transform-after
done
take recipe speed-moved speed-moved
take recipe pitch-kept pitch-formants-kept
take mel original mel-nearest
take mel speed mel-nearest-slow
take hann original mel-hann
