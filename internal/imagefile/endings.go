package imagefile

import (
	"path"
	"strings"
)

// HasImageEnding reports whether a name has the extension of an image format, supported or not, in
// upper or lower case. The file may contain something else.
func HasImageEnding(name string) bool { return readEndings[ending(name)] || otherEndings[ending(name)] }

// HasReadEnding reports whether a name has the extension of a supported image format.
func HasReadEnding(name string) bool { return readEndings[ending(name)] }

func ending(name string) string { return strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) }

var (
	readEndings  = setOf("png apng jpg jpeg jpe jfif jif gif webp bmp dib tif tiff")
	otherEndings = setOf("avif avifs heic heif hif jxl jp2 j2k j2c jpf jpx jpm jxr wdp hdp ico cur svg svgz psd psb " +
		"ppm pgm pbm pnm pam pfm tga exr qoi dds xcf djvu cr2 cr3 nef arw dng orf rw2 raf pef srw bpg flif mng jng pcx " +
		"image img picture")
)

func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}
