// Command ingest compares the CPU time per image of `pali3 ingest urls` and img2dataset. Both fetch
// the same images from a server on loopback, in alternating runs.
//
//	go run ./bench/ingest -images DIR -pali3 bin/pali3 -img2dataset VENV/bin/img2dataset
//
// The server runs in this process, whose time is not counted. Both programs store every image with
// its text: pali3 in Parquet parts, img2dataset in its cheapest format.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var (
	images = flag.String("images", "", "folder of JPEG images")
	pali3  = flag.String("pali3", "bin/pali3", "the pali3 binary")
	peer   = flag.String("img2dataset", "img2dataset", "the img2dataset command")
	count  = flag.Int("n", 3000, "images per run; the folder's images are repeated")
	runs   = flag.Int("runs", 5, "runs of each")
	only   = flag.String("only", "", "run only cases whose name contains this")
	format = flag.String("format", "webdataset", "img2dataset's output format")
)

// contender is a command line. OUT and LIST are replaced by the output folder and the list.
type contender struct {
	name string
	args []string
}

// cases are the comparisons: pali3, then the peer.
func cases() []struct {
	name string
	two  [2]contender
} {
	ours := func(more ...string) contender {
		return contender{"pali3", append([]string{*pali3, "-q", "ingest", "urls", "LIST", "--url-column", "url", "--text-column", "text",
			"--allow-net", "127.0.0.0/8", "--per-host", "64", "--connections", "64", "--to", "OUT"}, more...)}
	}
	theirs := func(more ...string) contender {
		return contender{"img2dataset", append([]string{*peer, "--url_list", "LIST", "--input_format", "csv", "--url_col", "url", "--caption_col", "text",
			"--output_folder", "OUT", "--output_format", *format, "--processes_count", "2", "--thread_count", "32"}, more...)}
	}
	return []struct {
		name string
		two  [2]contender
	}{
		{"as they come", [2]contender{ours(), theirs("--disable_all_reencoding", "True", "--extract_exif", "False")}},
		{"as they come, img2dataset's own defaults", [2]contender{ours(), theirs("--resize_mode", "no")}},
		{"center_crop 256", [2]contender{ours("--resize", "center_crop", "--size", "256", "--enlarge"), theirs("--resize_mode", "center_crop", "--image_size", "256")}},
		{"keep_ratio 256, bigger ones only", [2]contender{ours("--resize", "keep_ratio", "--size", "256"),
			theirs("--resize_mode", "keep_ratio", "--image_size", "256", "--resize_only_if_bigger", "True", "--skip_reencode", "True")}},
	}
}

func main() {
	flag.Parse()
	dir, err := os.MkdirTemp("", "bench-ingest")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	server, list := serve(dir)
	defer server.Close()
	fmt.Printf("| images | pali3, CPU ms | img2dataset, CPU ms | ratio | pali3, images/s | img2dataset, images/s |\n|---|---|---|---|---|---|\n")
	for _, c := range cases() {
		if !strings.Contains(c.name, *only) {
			continue
		}
		var cpu, wall [2][]float64
		for range *runs {
			for i, contender := range c.two {
				used, took := run(contender, dir, list)
				cpu[i] = append(cpu[i], used.Seconds()*1000/float64(*count))
				wall[i] = append(wall[i], float64(*count)/took.Seconds())
			}
		}
		ours, theirs := median(cpu[0]), median(cpu[1])
		fmt.Printf("| %s | %.2f | %.2f | %.1f | %.0f | %.0f |\n", c.name, ours, theirs, theirs/ours, median(wall[0]), median(wall[1]))
	}
}

// serve serves the images from memory and writes the list of their URLs.
func serve(dir string) (*httptest.Server, string) {
	paths, err := filepath.Glob(filepath.Join(*images, "*.jpg"))
	if err != nil || len(paths) == 0 {
		log.Fatalf("no *.jpg in %q: %v", *images, err)
	}
	var contents [][]byte
	var bytes int
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		contents = append(contents, content)
		bytes += len(content)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var i int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d.jpg", &i); err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(contents[i%len(contents)])
	}))
	var b strings.Builder
	b.WriteString("url,text\n")
	for i := range *count {
		fmt.Fprintf(&b, "%s/%d.jpg,image %d\n", server.URL, i, i)
	}
	list := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(list, []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d images with a mean of %d bytes, %d per run, medians of %d runs\n\n", len(contents), bytes/len(contents), *count, *runs)
	return server, list
}

// run runs a contender into a new folder. It returns the CPU time of the process and its children,
// and the wall-clock time.
func run(c contender, dir, list string) (cpu, wall time.Duration) {
	out := filepath.Join(dir, "out")
	if err := os.RemoveAll(out); err != nil {
		log.Fatal(err)
	}
	args := slices.Clone(c.args)
	for i, arg := range args {
		args[i] = strings.NewReplacer("OUT", out, "LIST", list).Replace(arg)
	}
	command := exec.Command(args[0], args[1:]...)
	began := time.Now()
	if said, err := command.CombinedOutput(); err != nil {
		log.Fatalf("%v: %v\n%s", args, err, said)
	}
	return command.ProcessState.UserTime() + command.ProcessState.SystemTime(), time.Since(began)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
