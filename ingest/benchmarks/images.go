package benchmarks

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// complete reads the images and converts the boxes to fractions of the first image.
func (i *item) complete(root *os.Root, s *shards.Sample, o Options) (reason string, err error) {
	s.Split = cmp.Or(s.Split, o.Split)
	names := i.images
	if root == nil && (i.frames != "" || len(names) > 0) {
		return ingest.NoImage, errors.New("its image is not in the file: name the folder of images by --images")
	}
	for n := range s.Images {
		if size := len(s.Images[n].Bytes); size > maxImage {
			return ingest.TooLarge, fmt.Errorf("an image of %d bytes, the limit is %d", size, maxImage)
		}
	}
	if i.frames != "" {
		var others []shards.LeftOut
		names, others, err = framesOf(root, i.frames)
		if i.left = addLeft(i.left, others...); err != nil {
			return ingest.NoImage, err
		}
	}
	for _, name := range names {
		content, reason, err := readImage(root, name)
		if reason == ingest.NoImage && i.also != nil {
			content, reason, err = readImage(root, append(name, i.also()...))
		}
		if reason == ingest.Outside && i.also != nil && strings.HasPrefix(name[0], "/") { // a path on the machine that wrote the file
			if found, _, elsewhere := readImage(root, i.also()); elsewhere == nil {
				content, err = found, nil
			}
		}
		if err != nil {
			return reason, err
		}
		s.Images = append(s.Images, shards.Image{Bytes: content})
	}
	if len(i.boxes) > 0 {
		if err := i.place(s); err != nil {
			return ingest.BadImage, err
		}
	}
	return "", nil
}

// maxImage is the maximum size of an image, in bytes.
const maxImage = 256 << 20

// readImage reads the first file that exists among the names of an image.
func readImage(root *os.Root, names []string) (content []byte, reason string, err error) {
	var outside error
	for _, given := range names {
		name := path.Clean(given)
		if !fs.ValidPath(name) || strings.ContainsRune(name, 0) {
			outside = fmt.Errorf("%q is not below the folder of images", given)
			continue
		}
		info, statErr := root.Stat(name)
		switch {
		case errors.Is(statErr, fs.ErrNotExist), errors.Is(statErr, syscall.ENOTDIR):
			continue
		case statErr != nil:
			return nil, ingest.Unreadable, statErr
		case info.IsDir():
			continue
		case info.Size() > maxImage:
			return nil, ingest.TooLarge, fmt.Errorf("%s has %d bytes, the limit is %d", name, info.Size(), maxImage)
		}
		if content, err = root.ReadFile(name); err != nil {
			return nil, ingest.Unreadable, err
		}
		return content, "", nil
	}
	if outside != nil {
		return nil, ingest.Outside, outside
	}
	return nil, ingest.NoImage, fmt.Errorf("no %s in the folder of images", strings.Join(names, " or "))
}

// framesOf lists the images of a folder in order, and its other entries.
func framesOf(root *os.Root, dir string) (names [][]string, others []shards.LeftOut, err error) {
	if dir = path.Clean(dir); !fs.ValidPath(dir) {
		return nil, nil, fmt.Errorf("%q is not below the folder of images", dir)
	}
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch strings.ToLower(path.Ext(e.Name())) {
		case ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff":
			names = append(names, []string{name})
		default:
			others = addLeft(others, shards.LeftOut{Reason: shards.LeftFile, Name: name, N: 1})
		}
	}
	if len(names) == 0 {
		return nil, others, fmt.Errorf("no frames in %s", dir)
	}
	return names, others, nil
}
