package benchmarks

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// come ingests the files of a fixture and lists the rows, the rejects with their details, and the
// things left out, as "- reason n: first names".
func come(t *testing.T, l fixture) []string {
	t.Helper()
	source, err := New(publish(t, l))
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "d")
	stat, err := ingest.Run(context.Background(), source, to, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var lines []string
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, tell(s))
	}
	for r := range d.Rejects() {
		if strings.Contains(r.Detail, "Go ") || strings.Contains(r.Detail, "struct") || strings.Contains(r.Detail, " json: ") || strings.Contains(r.Detail, "jsontext") {
			t.Errorf("a message for programmers: %s", r.Detail)
		}
		lines = append(lines, fmt.Sprintf("! %s %s: %s", r.Key, r.Reason, r.Detail))
	}
	for _, reason := range sortedKeys(stat.LeftOut) {
		lines = append(lines, fmt.Sprintf("- %s %d: %s", reason, stat.LeftOut[reason], strings.Join(stat.LeftOutFirst[reason], "; ")))
	}
	if stat.Duplicates > 0 {
		lines = append(lines, fmt.Sprintf("%d duplicates", stat.Duplicates))
	}
	return lines
}

// wild are files as other tools write them, with the expected result. A wanted line that ends in
// ... is the beginning of a line.
var wild = []struct {
	subject string
	fixture
	want []string
}{
	{"COCO part of Localized Narratives", fixture{name: "localized-narratives", annotations: `{"dataset_id": "mscoco_val2017", "image_id": "381639", "annotator_id": 89, "caption": "In this image we can see a field."}
{"dataset_id": "mscoco_val2017", "image_id": "9", "annotator_id": 3, "caption": "There is food on a plate."}
{"dataset_id": "mscoco_train2017", "image_id": 7, "annotator_id": 3, "caption": "A cup."}
{"dataset_id": "mscoco_train2017", "image_id": 7, "annotator_id": 3, "caption": "A red cup."}
{"dataset_id": "mscoco_train2017", "image_id": 7, "annotator_id": 3, "caption": "A red cup."}
`, images: []string{"000000381639.jpg", "val2017/000000000009.jpg", "train2014/COCO_train2014_000000000007.jpg"}}, []string{
		"381639#89 1 images caption/en:In this image we can see a field. dataset=mscoco_val2017",
		"9#3 1 images caption/en:There is food on a plate. dataset=mscoco_val2017",
		"7#3 1 images caption/en:A cup. dataset=mscoco_train2017",
		"7#3#2 1 images caption/en:A red cup. dataset=mscoco_train2017",
		"1 duplicates"}},
	{"other parts of Localized Narratives", fixture{name: "localized-narratives", annotations: `[{"dataset_id": "open_images_train", "image_id": "00a1", "annotator_id": 1, "caption": "a"},
{"dataset_id": "Flickr30k_test", "image_id": "1000092795", "annotator_id": 1, "caption": "b"}, {"dataset_id": "ADE20k_train", "image_id": "ADE_train_00000001", "annotator_id": 1, "caption": null}]`,
		images: []string{"train/00a1.jpg", "1000092795.jpg", "ADE_train_00000001.jpg"}}, []string{
		"00a1#1 1 images caption/en:a dataset=open_images_train", "1000092795#1 1 images caption/en:b dataset=Flickr30k_test",
		"ADE_train_00000001#1 1 images dataset=ADE20k_train", "- text 1: ADE_train_00000001#1: found null"}},
	{"COCO ids in quotes", fixture{name: "coco-instances", annotations: `{"images": [{"id": "9", "file_name": "9.png"}], "annotations": [{"id": 1, "image_id": "9", "category_id": 1, "bbox": [1, 1, 5, 5], "iscrowd": 0}], "categories": [{"id": 1, "name": "dog"}]}`,
		images: []string{"9.png"}}, []string{"9.png 1 images [dog 0.12 0.12 0.75 0.75]"}},
	{"COCO ids in quotes at one place", fixture{name: "coco-instances", annotations: `{"images": [{"id": 20190000001.0, "file_name": "9.png"}], "annotations": [{"id": "1", "image_id": "20190000001", "category_id": "1", "bbox": ["1", 1, 5, "5.0"]}], "categories": [{"id": 1.0, "name": "dog"}]}`,
		images: []string{"9.png"}}, []string{"9.png 1 images [dog 0.12 0.12 0.75 0.75]"}},
	{"ids of many digits", fixture{name: "coco-captions", annotations: `{"images": [{"id": 9007199254740993, "file_name": "a.png"}, {"id": 9007199254740992, "file_name": "b.png"}], "annotations": [{"image_id": "9007199254740993", "caption": "a"}, {"image_id": 9007199254740992.0, "caption": "b"}]}`,
		images: []string{"a.png", "b.png"}}, []string{"a.png 1 images caption/en:a", "b.png 1 images caption/en:b"}},
	{"regions of Visual Genome outside", fixture{name: "vg-regions", annotations: `[{"id": 1, "regions": [{"region_id": 1, "image_id": 1, "phrase": "A cloud in the sky.", "x": 3, "y": -904, "width": 5, "height": 25}, {"region_id": 2, "image_id": 1, "phrase": "a red ball", "x": 1, "y": 1, "width": 5, "height": 5},
		{"region_id": 3, "phrase": " ", "x": 1, "y": 1, "width": 5, "height": 5}, {"region_id": 4, "phrase": "a", "x": 1, "y": 1, "width": -5, "height": 5}, {"region_id": 5, "phrase": "a", "x": 1, "y": NaN, "width": 5, "height": 5},
		{"region_id": 6, "image_id": "2", "phrase": "a", "x": 1, "y": 1, "width": 5, "height": 5}, 7]}]`, images: []string{"VG_100K/1.jpg"}}, []string{
		"1 1 images [a red ball 0.12 0.12 0.75 0.75]",
		"- box 6: 1: region 3: phrase: it is empty; 1: region 4: a box of -5 by 5: its corners are reversed; 1: region 5: an edge that is missing or no number; 1: region 6 is of image 2; 1: regions: found a number, expected an object"}},
	{"region of Visual Genome without area on the image", fixture{name: "vg-regions", annotations: `[{"id": "1", "regions": [{"id": 1, "image": 1.0, "phrase": "A cloud in the sky.", "x": 3, "y": -904, "width": 5, "height": 25}]}]`,
		images: []string{"1.jpg"}}, []string{"1 1 images", "- box 1: 1: A cloud in the sky."}},
	{"what is said of no image", fixture{name: "coco-captions", annotations: `{"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}], "annotations": [{"id": 5, "image_id": 1, "caption": "one"},
		{"id": 6, "image_id": 1, "caption": null}, {"id": 7, "image_id": 1, "caption": " "}, {"id": 8, "image_id": 1, "caption": 5}, {"id": 9, "image_id": 3, "caption": "x"}, {"id": 10, "image_id": 3, "caption": "y"}, {"id": 11, "caption": "z"}, {"image_id": [], "caption": "w"}]}`,
		images: []string{"a.png", "b.png"}}, []string{"a.png 1 images caption/en:one", "b.png 1 images",
		"!  row: annotations[7]: reading a.json line 2, near byte 411: image_id: found a list, expected an id, which is a number or text",
		"- text 6: annotation 6 of image 1: caption: found null; annotation 7 of image 1: caption: it is empty; annotation 8 of image 1: caption: found a number; annotation 11: it has no image_id; image 3 is not among the images"}},
	{"boxes that are none", fixture{name: "coco-instances", annotations: `{"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "dog"}], "annotations": [
		{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "segmentation": [[1, 2, 3]]}, {"id": 2, "image_id": 1, "category_id": 2, "bbox": [0, 0, 4, 4]}, {"id": 3, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4]},
		{"id": 4, "image_id": 1, "category_id": 1, "bbox": [0, 0, NaN, 4]}, {"id": 5, "image_id": 1, "category_id": 1, "bbox": null, "segmentation": []}, {"id": 6, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 8], "segmentation": "no"},
		{"id": 7, "image_id": 1, "category_id": 1, "bbox": [8, 0, 4, 8]}, {"id": 8, "image_id": 1, "category_id": 1, "bbox": [0, 0, Infinity, 4]}, {"id": 9, "image_id": 1, "category_id": 1, "bbox": [0, 0, 0, 4]}]}`,
		images: []string{"a.png"}}, []string{"a.png 1 images [dog 0.00 0.00 0.50 0.50] [dog 0.00 0.00 1.00 0.50]",
		"- box 7: annotation 2 of image 1: category_id 2 is not among the categories; annotation 3 of image 1: bbox: found a list of 3, expected a list of four numbers; annotation 4 of image 1: an edge that is missing or no number; annotation 5 of image 1: bbox: found null, expected a list of four numbers; annotation 8 of image 1: an edge that is missing or no number",
		"- mask 2: annotation 6 of image 1: segmentation: found text, expected an object; a.png: dog: an outline of 3 numbers, which are no pairs"}},
	{"names of other tools", fixture{name: "coco-instances", annotations: `{"images": [{"id": 1, "file_name": "images\\a.png", "extra": {"name": "a.jpeg"}}, {"id": 2, "file_name": "./b.png"}, {"id": 3, "file_name": "c.png"}, {"id": 4, "file_name": "COCO_val2014_000000000009.jpg"}, {"id": 5, "file_name": "x/d.png"}, {"id": 6, "file_name": "y/d.png"}],
		"categories": [], "annotations": []}`, images: []string{"a.png", "b.png", "images/c.png", "val2017/000000000009.jpg", "d.png"}}, []string{
		"images/a.png 1 images original_name=a.jpeg", "b.png 1 images", "c.png 1 images", "COCO_val2014_000000000009.jpg 1 images", "! x/d.png absent: no x/d.png or ...", "! y/d.png absent: no y/d.png or ..."}},
	{"images that are listed twice", fixture{name: "coco-captions", annotations: `{"images": [{"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "b.png"}, {"id": 2, "file_name": "a.png"}, {"id": 3}], "annotations": [{"id": 1, "image_id": 1, "caption": "one"}]}`,
		images: []string{"a.png", "b.png"}}, []string{"a.png 1 images caption/en:one",
		"! b.png row: id 1 is that of an image before, too: what is said of it cannot be told apart", "! a.png row: a.png is listed before with another id than 2", "!  row: image 3 has no file_name: it names no image", "1 duplicates"}},
	{"annotations of other images", fixture{name: "coco-captions", annotations: `{"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "a.png"}], "annotations": [{"id": 1, "image_id": 3, "caption": "one"}]}`, images: []string{"a.png"}},
		[]string{"! a.png row: a.png is listed before with another id than 2", "!  row: the file cannot be read on: none of the 1 annotations of a.json is of one of its 1 images: image_id and id are of different files"}},
	{"captions for boxes", fixture{name: "coco-instances", annotations: `{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"id": 1, "image_id": 1, "caption": "one"}]}`, images: []string{"a.png"}},
		[]string{"!  row: the file cannot be read on: no annotation of a.json has a bbox; it is an object with the members images, annotations; it looks like coco-captions"}},
	{"boxes for captions", fixture{name: "coco-captions", annotations: `{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}]}`, images: []string{"a.png"}},
		[]string{"!  row: the file cannot be read on: no annotation of a.json has a caption; it is an object with the members images, annotations; it looks like coco-instances"}},
	{"another benchmark's list", fixture{name: "vg-regions", annotations: `[{"image_id":1,"objects":[]}]`, images: []string{"1.jpg"}},
		[]string{"!  row: the file cannot be read on: a.json is no file of vg-regions: no element with regions in it; it is a list of objects with the fields image_id, objects; it looks like vg-objects"}},
	{"another benchmark's object", fixture{name: "vizwiz", annotations: `{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"caption": "x"}]}`, images: []string{"1.jpg"}},
		[]string{"!  row: the file cannot be read on: a.json is no file of vizwiz: no element with image in it; it is an object with the members images, annotations; it looks like coco-captions"}},
	{"questions and annotations of two splits", fixture{name: "vqav2", annotations: `{"data_subtype": "train2014", "annotations": [{"question_id": 1, "answers": [{"answer": "a"}]}]}`, questions: `{"data_subtype": "val2014", "questions": [{"question_id": 2, "image_id": 1, "question": "q?"}]}`, images: []string{"x.png"}},
		[]string{"!  row: the file cannot be read on: none of the 1 questions of questions.json is among the 1 annotations of a.json: they are files of two splits (annotations of train2014, questions of val2014)"}},
	{"annotations without questions", fixture{name: "vqav2", annotations: `{"annotations": [{"question_id": 1, "answers": [{"answer": "a"}]}]}`, images: []string{"x.png"}},
		[]string{`!  row: the file cannot be read on: a.json: there is no member "questions"; it is an object with the members annotations; it looks like the annotations of vqav2 or okvqa`}},
	{"Karpathy's file as captions", fixture{name: "coco-captions", annotations: `{"images": [{"filename": "a.png", "sentences": [{"raw": "x"}]}], "dataset": "coco"}`, images: []string{"a.png"}},
		[]string{"!  row: the file cannot be read on: a.json has no annotations; it is an object with the members images, dataset; it looks like karpathy"}},
	{"paths of another machine", fixture{name: "coco-captions", annotations: `{"images": [{"id": 1, "file_name": "/data/im/a.png"}, {"id": 2, "file_name": "/etc/passwd"}], "annotations": [{"image_id": 1, "caption": "x"}]}`, images: []string{"a.png"}},
		[]string{"/data/im/a.png 1 images caption/en:x", `! /etc/passwd outside: "/etc/passwd" is not below the folder of images`}},
	{"answers as texts, and the chosen one alone", fixture{name: "vqav2", annotations: `{"annotations": [{"question_id": 1, "answers": ["a", "b"], "multiple_choice_answer": "a"}, {"question_id": 2, "multiple_choice_answer": "c"}]}`,
		questions: `{"data_subtype": "val2014", "questions": [{"question_id": 1, "image_id": 1, "question": "q?"}, {"question_id": 2, "image_id": 1, "question": "r?"}]}`, images: []string{"COCO_val2014_000000000001.jpg"}},
		[]string{"COCO_val2014_000000000001.jpg 1 images ?1  q? =a =b ?2  r? =c"}},
	{"answers that are none", fixture{name: "vqav2", annotations: `{"annotations": [{"question_id": "1", "answers": [{"answer": "a"}, {"answer": ""}, {"answer": null}, {"answer": 2}, 7]}, {"question_id": 3, "answers": [{"answer": "a"}]}]}`,
		questions: `{"data_subtype": "test-dev2015", "questions": [{"question_id": 1.0, "image_id": "1", "question": "q?"}, {"question_id": 2, "image_id": 1, "question": null}, {"question_id": 4, "image_id": "x", "question": "q?"}]}`, images: []string{"test2015/COCO_test2015_000000000001.jpg"}},
		[]string{"COCO_test2015_000000000001.jpg 1 images ?1  q? =a =2", `!  row: question 4: image_id "x" is no number of COCO's`,
			"- answer 5: question 3 is not among the questions; 1: answer to question 1: found null; 1: answers to question 1: found a number, expected an object; COCO_test2015_000000000001.jpg: question 2: found null; COCO_test2015_000000000001.jpg: answer to question 1: it is empty"}},
	{"JSON as Python writes it, one value a line", fixture{name: "vizwiz", annotations: "{\"image\": \"a.png\", \"question\": \"NaN, Infinity\", \"answers\": NaN}\n{\"image\": \"b.png\", \"question\": NaN}\n", images: []string{"a.png", "b.png"}},
		[]string{"a.png 1 images ?a.png  NaN, Infinity", "b.png 1 images", "- answer 2: a.png: answers to question a.png: found text \"\", expected a list; b.png: question b.png: it is empty"}},
	{"Python's repr", fixture{name: "chartqa", annotations: `[{'imgname': 'a.png'}]`, images: []string{"a.png"}},
		[]string{"!  row: the file cannot be read on: reading a.json line 1, near byte 1: it is not JSON: ..."}},
	{"UTF-16", fixture{name: "chartqa", annotations: "\xff\xfe[\x00]\x00", images: []string{"a.png"}},
		[]string{"!  row: the file cannot be read on: reading a.json: it is UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"}},
	{"a zip archive", fixture{name: "coco-captions", annotations: "PK\x03\x04rest", images: []string{"a.png"}},
		[]string{"!  row: the file cannot be read on: reading a.json: it is a zip archive: unpack it first"}},
	{"more after the JSON", fixture{name: "chartqa", annotations: `[{"imgname": "a.png", "query": "q?", "label": 14}] [{"imgname": "b.png"}]`, images: []string{"a.png"}},
		[]string{"a.png 1 images ?0  q? =14", "!  row: reading a.json: the JSON ends at byte 50, and what follows is not read"}},
	{"a member twice", fixture{name: "coco-captions", annotations: `{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 1, "caption": "x"}], "images": [{"id": 2, "file_name": "b.png"}]}`, images: []string{"a.png"}},
		[]string{"a.png 1 images caption/en:x", `!  row: reading a.json: the member "images" comes twice, and only the first is read`}},
	{"Open Images in another order, with bad rows", fixture{name: "openimages-boxes", classes: "/m/1,\"Cat, \"\"big\"\"\"\n", annotations: "\xef\xbb\xbfImageID,LabelName,XMin,XMax,YMin,YMax\r\n02,/m/1,0,1,0,1\r\n01,/m/1,0,1,0,0.5\r\n02,/m/2,0,0.5,0,1\r\n02,/m/1,x,0.5,0,1\r\n02,/m/1,0.5,0.25,0,1\r\n02,/m/1,1,1.5,0,1\r\n\"02,/m/1,0,1,0,1\r\n01,/m/1,0,1,0.5,1\r\n",
		images: []string{"02.jpg", "01.jpg"}}, []string{
		`02 1 images [Cat, "big" 0.00 0.00 1.00 1.00] [/m/2 0.00 0.00 1.00 0.50]`, `01 1 images [Cat, "big" 0.00 0.00 0.50 1.00] [Cat, "big" 0.50 0.00 1.00 1.00]`,
		`!  row: line 8: a quote is opened and not closed: "\"02,/m/1,0,1,0,1"`,
		`- box 3: 02: Cat, "big" in line 5: an edge that is missing or no number; 02: Cat, "big" in line 6: a box of -0.25 by 1: its corners are reversed; 02: Cat, "big"`,
		"- metadata 1: label /m/2 has no name in classes.csv"}},
	{"Open Images without classes", fixture{name: "openimages-boxes", annotations: "ImageID,LabelName,XMin,XMax,YMin,YMax\n01,/m/1,0,1,0,1\n01,/m/2,0,1,0,1\n", images: []string{"01.jpg"}},
		[]string{"01 1 images [/m/1 0.00 0.00 1.00 1.00] [/m/2 0.00 0.00 1.00 1.00]", "- metadata 2: labels are ids such as /m/1: name them with --classes"}},
	{"missing columns", fixture{name: "openimages-boxes", annotations: "screenId,summary\n1,a\n", images: []string{"01.jpg"}},
		[]string{"!  row: the file cannot be read on: a.json has no column ImageID, LabelName, XMin, XMax, YMin, YMax; its columns are screenId, summary: a table with the columns screenId, summary; it looks like screen2words"}},
	{"a class file that names nothing", fixture{name: "openimages-boxes", annotations: "ImageID,LabelName,XMin,XMax,YMin,YMax\n01,/m/1,0,1,0,1\n", classes: "a,b\n", images: []string{"01.jpg"}},
		[]string{`!  row: the file cannot be read on: classes.csv names no class: its rows should be as /m/01yrx,Cat, and the first is "a,b"`}},
	{"summaries in quotes of several lines", fixture{name: "screen2words", annotations: "screenId,summary\n1,\"a, \"\"b\"\"\nc\"\n1,d \"e\"\n2, \n,x\n", images: []string{"1.jpg", "2.jpg"}},
		[]string{"1 1 images caption/en:a, \"b\"\nc caption/en:d \"e\"", "2 1 images", "!  row: line 6: no screenId", "- text 1: 2: line 5: it is empty"}},
	{"fields of Crossmodal-3600 that are no captions", fixture{name: "xm3600", annotations: `{"image/key":"k","image/locale":null,"en":{"caption":["a",null]},"fr":["b"],"note":"x"}`, images: []string{"k.jpg"}},
		[]string{"k 1 images caption/en:a locale=", "- metadata 3: k: image/locale: found null; k: fr: it has no list of captions; k: note: it has no list of captions", "- text 1: k: en: found null"}},
	{"questions without their answers", fixture{name: "ocrvqa", annotations: `{"1":{"split":1,"questions":["q1","q2",""],"answers":["a1"]}}`, images: []string{"1.png"}},
		[]string{"1 (train) 1 images ?1-0  q1 =a1 ?1-1  q2", "- answer 3: 1: question 1-1 has no answer; 1: question 1-2: it is empty; 1: question 1-2 has no answer"}},
	{"a choice that is not there", fixture{name: "scienceqa", annotations: `{"1":{"question":"q","choices":["x","y"],"answer":2,"image":null,"split":"test"},"2":{"question":"q","choices":["x",""],"answer":0,"image":null,"split":"test"}}`, images: []string{"1.png"}},
		[]string{"1 (test) 0 images ?1 multiple_choice q (a) x (b) y choices/1=[\"x\",\"y\"]", "2 (test) 0 images", "- answer 2: 1: answer to question 1: no choice 2; 2: question 2: choice 1 has no text"}},
	{"sentences about no video", fixture{name: "msrvtt", annotations: `{"videos":[{"video_id":"video0","split":"train"}],"sentences":[{"caption":"a car","video_id":"video0"},{"caption":"a bus","video_id":"video1"},{"caption":"","video_id":"video0"}]}`, images: []string{"video0/1.jpg", "video0/notes.txt"}},
		[]string{"video0 (train) 1 images caption/en:a car", "- file 1: video0/notes.txt", "- text 2: sentence about video0: it is empty; video video1 is not among the videos"}},
	{"a text that is not UTF-8", fixture{name: "karpathy", annotations: "{\"images\":[{\"filename\":\"a.png\",\"sentences\":[{\"raw\":\"caf\xe9\"},{\"raw\":\"\\ud800\"},{\"raw\":\"caf\\u00e9\"}]}]}", images: []string{"a.png"}},
		[]string{"a.png 1 images caption/en:café", "- text 2: a.png: sentence 0: found text that is not UTF-8; a.png: sentence 1: found text that is not UTF-8"}},
}

func TestRecords_FilesOfOtherTools(t *testing.T) {
	for _, c := range wild {
		got := come(t, c.fixture)
		want := c.want
		if len(got) == len(want) {
			for i := range want {
				if begin, is := strings.CutSuffix(want[i], "..."); is && strings.HasPrefix(got[i], begin) {
					got[i] = want[i]
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.subject, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestFlexible_NormalForm(t *testing.T) {
	for text, want := range map[string]flexible{
		`7`: "7", `"7"`: "7", `7.0`: "7", `"7.0"`: "7", `" 7 "`: "7", `7e0`: "7", `20190000001.0`: "20190000001", `2.0190000001e10`: "20190000001",
		`12345678901234567890123`: "12345678901234567890123", `"12345678901234567890123.0"`: "12345678901234567890123", `-3`: "-3", `-0`: "0", `0`: "0",
		`null`: "", `""`: "", `"a\u00e9"`: "aé", `"007"`: "007", `1.5`: "1.5", `1e400`: "1e400", `"1.0.0"`: "1.0.0", `true`: "true",
	} {
		var got flexible
		if err := decode([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		`[1]`: "found a list, expected an id, which is a number or text", `{}`: "found an object, expected an id, which is a number or text",
	} {
		if err := decode([]byte(text), new(flexible)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
