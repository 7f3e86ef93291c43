#!/usr/bin/env bash
# Builds avif.wasm.gz from the sources of libavif, dav1d and libyuv, in the versions of Pillow 13.0.0, with zig 0.17.1
# (pip install ziglang==0.17.1):
#
#     internal/avif/build/build.sh SOURCES
#
# SOURCES is a folder with checkouts of https://github.com/AOMediaCodec/libavif at v1.4.2 as libavif, of
# https://github.com/videolan/dav1d at 1.5.3 as dav1d, and of https://chromium.googlesource.com/libyuv/libyuv at
# 644251f252a84bf8ce91ff0aca86a9b16b069ab8 as libyuv. The result is the same to the byte wherever it is built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
out=${2:-$PWD/wasm-build}
mkdir -p "$out/dav1d/dav1d"
cc() { ${ZIG:-python3 -m ziglang} cc -target wasm32-wasi -O3 -DNDEBUG -g0 -fno-exceptions -ffile-prefix-map="$PWD"=. -msimd128 -mbulk-memory -w "$@"; }

cat >"$out/dav1d/config.h" <<'C'
#define CONFIG_8BPC 1
#define CONFIG_16BPC 1
#define CONFIG_LOG 0
#define HAVE_ASM 0
#define HAVE_ALIGNED_ALLOC 1
#define HAVE_UNISTD_H 1
#define TRIM_DSP_FUNCTIONS 0
#define ENDIANNESS_BIG 0
C
for arch in AARCH64 ARM LOONGARCH LOONGARCH32 LOONGARCH64 PPC64LE RISCV RV32 RV64 X86 X86_32 X86_64; do
    echo "#define ARCH_$arch 0" >>"$out/dav1d/config.h"
done
echo '#define DAV1D_VERSION "1.5.3"' >"$out/dav1d/vcs_version.h"

objects=()
compile() { # object, source, flags
    local object="$out/$1.o" source=$2
    shift 2
    cc -c "$source" -o "$object" "$@" &
    objects+=("$object")
    [ "$(jobs -r | wc -l)" -lt "${JOBS:-2}" ] || wait -n
}
dav1d=(-std=c11 -Idav1d -Idav1d/include -Idav1d/src -I"$out/dav1d" -Idav1d/include/dav1d -D_GNU_SOURCE)
for source in dav1d/src/*.c; do
    name=$(basename "$source" .c)
    case $name in
    *_tmpl) for bits in 8 16; do compile "dav1d-$name-$bits" "$source" "${dav1d[@]}" -DBITDEPTH=$bits; done ;;
    *) compile "dav1d-$name" "$source" "${dav1d[@]}" ;;
    esac
done
for name in alpha avif codec_dav1d colr colrconvert diag exif gainmap io mem obu properties rawdata read reformat \
    reformat_libsharpyuv reformat_libyuv sampletransform scale stream utils write; do
    compile "avif-$name" "libavif/src/$name.c" -std=gnu11 -Ilibavif/include -Idav1d/include -I"$out/dav1d" -Ilibyuv/include \
        -DAVIF_CODEC_DAV1D -DAVIF_LIBYUV_ENABLED
done
for name in convert_argb convert convert_from convert_from_argb cpu_id planar_functions rotate rotate_any rotate_common row_any \
    row_common scale scale_any scale_common scale_uv scale_argb; do
    compile "yuv-$name" "libyuv/source/$name.cc" -Ilibyuv/include -fno-rtti
done
compile decoder "$here/decoder.c" -Ilibavif/include
wait
cc -mexec-model=reactor -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-all -Wl,-z,stack-size=1048576 -o "$out/avif.wasm" "${objects[@]}"
gzip -9 -n -c "$out/avif.wasm" >"$here/../avif.wasm.gz"
ls -l "$out/avif.wasm" "$here/../avif.wasm.gz"
