#!/bin/sh
# own-data.sh WHAT WORK [MINUTES]: start and run on data of strangers, fetched first.
#
# WHAT is stamps (Debian's Tux Paint stamps: captions in 78 languages, as one long table), clipart (Debian's open clip
# art: texts from the names of files and folders), easyvqa (PyPI's easy-vqa: questions about shapes), or a folder or
# table of your own. WORK is a folder for data and project, MINUTES (default 20) what all of it may take.
# PALI3 names the program; by default pali3.
#
#	PALI3=bin/pali3 sh examples/own-data/own-data.sh stamps /tmp/stamps 20
set -eu
what=$1
mkdir -p "$2"
work=$(cd "$2" && pwd)
minutes=${3:-20}
pali3=${PALI3:-pali3}
here=$(cd "$(dirname "$0")" && pwd)

# debian PACKAGE unpacks a Debian package below WORK; no root is needed.
debian() {
	[ -d "$work/$1" ] && return
	(cd "$work" && apt-get download "$1" && mkdir "$1.part" && dpkg-deb -x "$1"_*.deb "$1.part" && mv "$1.part" "$1")
}

case $what in
stamps)
	debian tuxpaint-stamps-default
	data=$work/tuxpaint-stamps-default/usr/share/tuxpaint/stamps
	[ -f "$work/stamps.tsv" ] || sh "$here/stamps.sh" "$data" > "$work/stamps.tsv"
	"$pali3" ingest table "$work/stamps.tsv" --root "$data" --image-column image --group-by image \
		--text-column caption --language-column language --kind caption --to "$work/stamps"
	from=$work/stamps
	;;
clipart)
	debian openclipart-png
	from=$work/openclipart-png/usr/share/openclipart/png
	;;
easyvqa)
	if [ ! -d "$work/easyvqa" ]; then
		pip download --quiet --no-deps --dest "$work" easy-vqa==1.0
		(cd "$work" && python3 -m zipfile -e easy_vqa-1.0-py3-none-any.whl easyvqa.part && mv easyvqa.part easyvqa)
	fi
	from=$work/easyvqa/easy_vqa/data
	;;
*) from=$what ;;
esac

if [ ! -f "$work/mine/pipeline.yaml" ]; then
	"$pali3" start "$from" --out "$work/mine" --minutes "$minutes" --language en
fi
"$pali3" run "$work/mine"
