package pali3

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/pali3/pali3/"

// layers is the table of ARCHITECTURE.md: what each room may import of the others. Sub-packages
// belong to their room. The ground floor (internal/atomicfile, random, augment/jpeg and those
// beside them) is open to all.
var layers = map[string]string{
	"shards":                "internal/format",
	"tokenize":              "",
	"augment":               "",
	"augment/jpeg":          "",
	"recipes":               "",
	"internal/arrowguard":   "",
	"internal/atomicfile":   "",
	"random":                "",
	"internal/csvtext":      "",
	"internal/decompress":   "",
	"internal/folderlock":   "",
	"internal/hostile":      "",
	"internal/hubfolder":    "",
	"internal/jpegencode":   "",
	"internal/jsonerr":      "",
	"internal/jsonscan":     "",
	"internal/imagefile":    "",
	"internal/imageprint":   "augment",
	"internal/lines":        "",
	"internal/overlap":      "",
	"internal/parquet":      "",
	"internal/python":       "",
	"internal/regionimage":  "",
	"internal/resample":     "",
	"internal/s3test":       "",
	"internal/contactsheet": "shards augment",
	"internal/mixpage":      "tokenize augment mixture internal/batchtest",
	"internal/batchtest":    "shards tokenize mixture",
	"internal/shellword":    "",
	"internal/strict":       "",
	"internal/textlines":    "",
	"ingest":                "shards internal/format",
	"ingest/benchmarks":     "shards ingest",
	"internal/resize":       "ingest augment shards",
	"internal/format":       "shards",
	"internal/safetensors":  "",
	"internal/mapfile":      "",
	"internal/numbering":    "",
	"internal/matmul":       "",
	"internal/tokencache":   "",
	"internal/npz":          "",
	"webli":                 "shards augment internal/imageprint",
	"mixture":               "shards tokenize augment internal/batchtest",
	"models":                "tokenize",
	"stages":                "shards tokenize augment mixture models",
	"evalsuite/metrics":     "",
	"evalsuite":             "shards tokenize augment mixture models stages ingest/benchmarks internal/imageprint",
	"project":               "shards tokenize augment ingest internal/resize webli mixture models stages evalsuite recipes",
	"internal/recipedoc":    "shards tokenize augment webli mixture models stages",
	"internal/quickstart":   "shards tokenize augment ingest webli mixture models stages evalsuite recipes project",
	"examples":              "shards tokenize augment ingest webli mixture models stages evalsuite recipes project cli",
	"notebooks":             "shards tokenize augment ingest webli mixture models stages evalsuite recipes",
	"bench":                 "internal/format shards tokenize augment ingest webli mixture models stages evalsuite recipes",
	"cli":                   "shards tokenize augment ingest webli mixture models stages evalsuite recipes project internal/mixpage internal/quickstart internal/resize internal/contactsheet internal/format internal/batchtest",
	"cmd":                   "cli",
}

// room returns the longest entry of layers that holds the package path.
func room(path string) string {
	best := ""
	for name := range layers {
		if (path == name || strings.HasPrefix(path, name+"/")) && len(name) > len(best) {
			best = name
		}
	}
	return best
}

func allowed(from, to string, inTest bool) bool {
	switch {
	case from == to, to == "random", to == "augment/jpeg", strings.HasPrefix(to, "internal/") && layers[to] == "":
		return true
	case strings.HasPrefix(to, "evalsuite"):
		return strings.Contains(" "+layers[from]+" ", " evalsuite ") || from == "evalsuite"
	case inTest && to == "recipes":
		return true
	case to == "ingest/benchmarks" && strings.Contains(" "+layers[from]+" ", " ingest "):
		return true // who may import a room may import all of it
	}
	return strings.Contains(" "+layers[from]+" ", " "+to+" ")
}

// TestImportsFollowTheLayers fails on an import that the table does not allow.
func TestImportsFollowTheLayers(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || filepath.Dir(path) == "." {
			return nil
		}
		files++
		from := room(filepath.ToSlash(filepath.Dir(path)))
		if from == "" {
			t.Errorf("%s is in no room of the table", path)
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			rest, ours := strings.CutPrefix(name, module)
			if ours && !allowed(from, room(rest), strings.HasSuffix(path, "_test.go")) {
				t.Errorf("%s: %s may not import %s", path, from, rest)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("looked at %d files only", files)
	}
}

func TestTheTableForbids(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"shards", "ingest", false},
		{"ingest", "shards", true},
		{"models", "shards", false},
		{"evalsuite/metrics", "shards", false},
		{"evalsuite", "evalsuite/metrics", true},
		{"webli", "random", true},
		{"stages", "internal/quickstart", false},
		{"cli", "internal/quickstart", true},
		{"mixture", "cmd", false},
		{"evalsuite", "ingest/benchmarks", true},
		{"evalsuite", "ingest", false},
		{"project", "ingest/benchmarks", true},
	} {
		if got := allowed(c.from, c.to, false); got != c.want {
			t.Errorf("%s imports %s: allowed %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
