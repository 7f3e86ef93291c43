#!/bin/sh
# stamps.sh FOLDER: the captions of Tux Paint's stamps as one long table: image, language and caption, as they are found.
#
# FOLDER holds them: /usr/share/tuxpaint/stamps of Debian's package tuxpaint-stamps-default. Beside X.png is X.txt, whose first line
# is a caption in English; the others are LOCALE.utf8=CAPTION. The table goes to standard output, and its paths begin at FOLDER:
#
#	sh stamps.sh /usr/share/tuxpaint/stamps > stamps.tsv
#	pali3 ingest table stamps.tsv --root /usr/share/tuxpaint/stamps --image-column image --group-by image \
#		--text-column caption --language-column language --kind caption --to stamps
set -eu
export LC_ALL=C
cd "$1"
printf 'image\tlanguage\tcaption\n'
find . -name '*.png' | sort | while IFS= read -r image; do
	text=${image%.png}.txt
	[ -f "$text" ] || continue
	awk -v image="${image#./}" '
		{ sub(/\r$/, ""); gsub(/\t/, " ") }
		NR == 1 && NF { print image "\ten\t" $0; next }
		{ at = index($0, "=") }
		at > 1 && at < length($0) { print image "\t" substr($0, 1, at - 1) "\t" substr($0, at + 1) }
	' "$text"
done
