package benchmarks

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkReadCOCO reads a file of 500,000 captions of 100,000 images, without the images.
func BenchmarkReadCOCO(b *testing.B) {
	file := filepath.Join(b.TempDir(), "captions.json")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	const images = 100_000
	fmt.Fprint(w, `{"info": {"description": "COCO"}, "images": [`)
	for i := range images {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, `{"license": 3, "file_name": "COCO_val2014_%012d.jpg", "coco_url": "http://images.cocodataset.org/val2014/COCO_val2014_%012d.jpg", `+
			`"height": 427, "width": 640, "date_captured": "2013-11-14 17:02:52", "flickr_url": "http://farm9.staticflickr.com/8186/8119368305_4e622c8349_z.jpg", "id": %d}`, i*5, i*5, i*5)
	}
	fmt.Fprint(w, `], "licenses": [{"url": "http://x", "id": 1}], "annotations": [`)
	for i := range 5 * images {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, `{"image_id": %d, "id": %d, "caption": "A bicycle replica with a clock as the front wheel number %d."}`, i*7919%images*5, i, i)
	}
	fmt.Fprint(w, "]}")
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	for b.Loop() {
		texts := 0
		for i, err := range readCOCO(b.Context(), Options{Layout: "coco-captions", Annotations: file}) {
			if err != nil {
				b.Fatal(err)
			}
			texts += len(i.sample.Texts)
		}
		if texts != 5*images {
			b.Fatalf("%d texts", texts)
		}
	}
}

// BenchmarkReadOpenImages reads a file of 500,000 boxes of 50,000 images, without the images.
func BenchmarkReadOpenImages(b *testing.B) {
	file := filepath.Join(b.TempDir(), "boxes.csv")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside")
	for i := range 500_000 {
		fmt.Fprintf(w, "%016x,xclick,/m/0%d,1,0.012500,0.195312,0.148438,0.587500,0,1,0,0,0\n", i/10, i%600)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	for b.Loop() {
		boxes := 0
		for i, err := range readOpenImages(b.Context(), Options{Layout: "openimages-boxes", Annotations: file}) {
			if err != nil {
				b.Fatal(err)
			}
			boxes += len(i.boxes)
		}
		if boxes != 500_000 {
			b.Fatalf("%d boxes", boxes)
		}
	}
}
