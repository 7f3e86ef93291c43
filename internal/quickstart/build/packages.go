package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// npmPackage is a package of the npm registry, pinned.
type npmPackage struct {
	name, version string
	sha512        string // base64, as in npm's "integrity"
}

// The packages that the data is made of.
var (
	emojiPackage = npmPackage{"emoji-datasource-google", "16.0.0",
		"ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A=="}
	namesPackage = npmPackage{"cldr-annotations-full", "48.2.0",
		"DV7A+rEcgUSNTRsVGNGqBZRmAkGfwhGHO5Q1dRwzBoBnVrHWp804JP7/QJdEc66iHmx3+zLWVIMCFLm0lW7PUQ=="}
	derivedPackage = npmPackage{"cldr-annotations-derived-full", "48.2.0",
		"log62km+AOzI7n/NEuNNFV0mg9DWnt67EYCh1RwxZq9dyRuyteB586LT83Ke8TchEfnwI9cIk2P31zO4nTvZmw=="}
)

// largestFile bounds what one file of a package may unpack to.
const largestFile = 64 << 20

// sources is what is read from the packages.
type sources struct {
	emoji    []emoji                      // in the order of emoji.json
	png      map[string][]byte            // by file name
	names    map[string]map[string]string // language -> emoji without U+FE0F -> name
	licenceE []byte                       // of the emoji package (MIT)
	licenceN []byte                       // of the names (Unicode-3.0)
}

// readSources reads the three packages in folder.
func readSources(folder string) (*sources, error) {
	const images = "package/img/google/64/"
	files, err := emojiPackage.read(folder, func(name string) bool {
		return name == "package/emoji.json" || name == "package/LICENSE" || path.Dir(name)+"/" == images
	})
	if err != nil {
		return nil, err
	}
	src := &sources{png: map[string][]byte{}, licenceE: files["package/LICENSE"]}
	for name, content := range files {
		if file, ok := strings.CutPrefix(name, images); ok {
			src.png[file] = content
		}
	}
	if src.emoji, err = parseEmoji(files["package/emoji.json"]); err != nil {
		return nil, fmt.Errorf("reading emoji.json of %s: %w", emojiPackage, err)
	}

	annotations, err := namesPackage.read(folder, func(name string) bool {
		return name == "package/LICENSE" || path.Base(name) == "annotations.json"
	})
	if err != nil {
		return nil, err
	}
	src.licenceN = annotations["package/LICENSE"]
	derived, err := derivedPackage.read(folder, func(name string) bool { return path.Base(name) == "annotations.json" })
	if err != nil {
		return nil, err
	}
	src.names, err = parseNames(annotations, derived, captionLanguages)
	return src, err
}

func (p npmPackage) String() string { return p.name + "@" + p.version }

// read returns the kept files of the package's archive in folder, after checking its checksum.
func (p npmPackage) read(folder string, keep func(name string) bool) (map[string][]byte, error) {
	archive := filepath.Join(folder, fmt.Sprintf("%s-%s.tgz", p.name, p.version))
	content, err := os.ReadFile(archive)
	if err != nil {
		return nil, fmt.Errorf("reading the npm package %s: %w", p, err)
	}
	sum := sha512.Sum512(content)
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != p.sha512 {
		return nil, fmt.Errorf("%s has the sha512 %s, not %s of %s", archive, got, p.sha512, p)
	}
	files, err := unpack(bytes.NewReader(content), keep)
	if err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", archive, err)
	}
	return files, nil
}

// unpack returns the kept files of a gzipped tar archive by name.
func unpack(r io.Reader, keep func(name string) bool) (map[string][]byte, error) {
	zipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(zipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if header.Typeflag != tar.TypeReg || !keep(header.Name) {
			continue
		}
		if header.Size > largestFile {
			return nil, fmt.Errorf("%s has %d bytes, more than %d", header.Name, header.Size, largestFile)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			return nil, fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

// apacheLicence is the licence of the Noto emoji, which the package names and does not hold.
//
//go:embed apache-2.0.txt
var apacheLicence []byte

// licences returns the full texts, each under what it covers.
func (s *sources) licences() []byte {
	var b bytes.Buffer
	rule := strings.Repeat("=", 78)
	for _, l := range []struct {
		covers string
		text   []byte
	}{
		{"The pictures, unchanged and as parts of sheets: Noto Emoji by Google,\n" +
			"from the npm package " + emojiPackage.String() + " (folder img/google/64).\nApache License 2.0.", apacheLicence},
		{"The list of emoji (emoji.json) of the npm package " + emojiPackage.String() + ".\nMIT License.", s.licenceE},
		{"The names: Unicode CLDR, from the npm packages\n" + namesPackage.String() + " and " + derivedPackage.String() +
			".\nUnicode License V3.", s.licenceN},
	} {
		fmt.Fprintf(&b, "%s\n%s\n%s\n\n%s\n\n", rule, l.covers, rule, bytes.TrimSpace(l.text))
	}
	return b.Bytes()
}
