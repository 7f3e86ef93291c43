package benchmarks

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pali3/pali3/shards"
)

// ownersFiles are small files in the form of a benchmark's owner, predictions in the form of its
// server, and scores worked out by hand.
var ownersFiles = []struct {
	name, annotations, questions, predictions string
	want                                      map[string]float64 // by metric, or slice/group/metric
}{
	{"okvqa", `{"annotations":[
		{"question_id":5,"image_id":1,"question_type":"one","answer_type":"other","answers":[{"answer":"red"},{"answer":"red"},{"answer":"pink"},{"answer":"rose"}]},
		{"question_id":6,"image_id":1,"question_type":"two","answer_type":"other","answers":[{"answer":"a"},{"answer":"b"}]}]}`,
		`{"questions":[{"question_id":5,"image_id":1,"question":"?"},{"question_id":6,"image_id":1,"question":"?"}]}`,
		`[{"question_id":5,"answer":"red"},{"question_id":"6","answer":"c"}]`,
		map[string]float64{"soft_accuracy": 1. / 3, "question_type/one/soft_accuracy": 2. / 3, "vqa_accuracy": (2*1./3 + 2*2./3) / 4 / 2}},
	{"textvqa", `{"data":[{"question":"What?","image_id":"f1","question_id":3,"answers":["a b","a b","a b","c"]}]}`, "",
		`[{"question_id":3,"answer":"a, b?"}]`, map[string]float64{"vqa_accuracy": (3*2./3 + 1) / 4}},
	{"vizwiz", `[{"image":"VizWiz_val_1.jpg","question":"What is it?","answers":[{"answer":"soup"},{"answer":"soup"},{"answer":"soup"},{"answer":"soup"}],"answer_type":"other","answerable":1}]`, "",
		`[{"image":"VizWiz_val_1.jpg","answer":"soup"}]`, map[string]float64{"vqa_accuracy": 1, "answerable/1/soft_accuracy": 1}},
	{"stvqa", `{"data":[{"question":"What?","file_path":"a.jpg","dataset":"IIIT","question_id":4,"answers":["hello"]}]}`, "",
		`[{"question_id":4,"answer":"Hallo"}]`, map[string]float64{"anls": 0.8, "dataset/IIIT/anls": 0.8}},
	{"docvqa", `{"data":[{"questionId":337,"question":"Date?","image":"documents/x_1.png","answers":["1/8/93"],"question_types":["handwritten","form"]}]}`, "",
		`[{"questionId":337,"answer":"1/8/93"}]`, map[string]float64{"anls": 1, "question_types/form/anls": 1, "question_types/handwritten/anls": 1}},
	{"infovqa", `{"data":[{"questionId":98313,"question":"How?","image_local_name":"38901.jpeg","answers":["yes"],"answer_type":["single span"]}]}`, "",
		`{"id":98313,"prediction":"no"}`, map[string]float64{"anls": 0, "answer_type/single span/anls": 0}},
	{"chartqa", `[{"imgname":"8.png","query":"How much?","label":"14"},{"imgname":"8.png","query":"Which?","label":"Yes"}]`, "",
		"{\"id\":0,\"prediction\":\"14.5\"}\n{\"id\":1,\"prediction\":\"no\"}", map[string]float64{"relaxed_accuracy": 0.5}},
	{"easyvqa", `[["What?","red",0],["Is it?","no",1]]`, "", "{\"id\":0,\"prediction\":\"red\"}\n{\"id\":1,\"prediction\":\"yes\"}", map[string]float64{"exact_match": 0.5}},
	{"aokvqa", `[{"image_id":42,"question_id":"22jb","question":"Why?","choices":["a","b"],"correct_choice_idx":1,"direct_answers":["b","b","c"],"difficult_direct_answer":false},
		{"image_id":42,"question_id":"x","question":"Why?","choices":["a","b"],"correct_choice_idx":1,"direct_answers":["b","b","c"],"difficult_direct_answer":true}]`, "",
		`{"22jb":{"multiple_choice":"a","direct_answer":"b"}}`, map[string]float64{"soft_accuracy": 2. / 3}},
	{"aokvqa-mc", `[{"image_id":42,"question_id":"22jb","question":"Why?","choices":["a","b"],"correct_choice_idx":1,"direct_answers":["b"]}]`, "",
		`{"22jb":{"multiple_choice":"b","direct_answer":"c"}}`, map[string]float64{"accuracy": 1}},
	{"gqa", `{"1":{"imageId":"n1","question":"Is it red?","answer":"no","isBalanced":true,"types":{"structural":"verify","semantic":"attr"},"entailed":["1","2","3"]},
		"2":{"imageId":"n1","question":"Who?","answer":"cat","isBalanced":true,"types":{"structural":"query","semantic":"rel"}},"3":{"imageId":"n1","question":"Is it?","answer":"yes","isBalanced":false},"4":{"imageId":"n1","question":"Is it?","answer":"yes","isBalanced":false}}`, "",
		`[{"questionId":"1","prediction":"no"},{"questionId":"2","prediction":"dog"},{"questionId":"3","prediction":"yes"}]`,
		map[string]float64{"accuracy": 0.5, "accuracy_binary": 1, "accuracy_open": 0, "consistency": 0.5, "structural/verify/accuracy": 1}},
	{"tallyqa", `[{"image":"VG_100K/1.jpg","answer":3,"question":"How many?","question_id":7,"issimple":false,"data_source":"vqa"}]`, "",
		`[{"question_id":7,"answer":"three"}]`, map[string]float64{"accuracy": 1, "complexity/complex/accuracy": 1}},
	{"ocrvqa", `{"b1":{"imageURL":"x","questions":["Who?","What?"],"answers":["Ann Lee","Art"],"split":3}}`, "",
		"{\"id\":\"b1-0\",\"prediction\":\"ann lee\"}\n{\"id\":\"b1-1\",\"prediction\":\"Arts\"}", map[string]float64{"exact_match": 0.5}},
	{"scienceqa", `{"1":{"question":"Which?","choices":["x","y"],"answer":0,"split":"test","subject":"natural science"},"2":{"question":"Why?","choices":["p","q"],"answer":1,"split":"test","subject":"language science"}}`, "",
		`{"1":"The answer is A.","2":"The answer is A."}`, map[string]float64{"accuracy": 0.5, "subject/natural science/accuracy": 1}},
	{"nlvr2", `{"identifier":"dev-1-0-0","sentence":"s","label":"True"}` + "\n" + `{"identifier":"dev-1-1-0","sentence":"s","label":"False"}` + "\n" + `{"identifier":"dev-2-0-0","sentence":"t","label":"False"}`, "",
		`[{"identifier":"dev-1-0-0","prediction":"true"},{"identifier":"dev-1-1-0","prediction":"True"},{"identifier":"dev-2-0-0","prediction":"false"}]`,
		map[string]float64{"accuracy": 2. / 3, "consistency": 0.5}},
	{"pope", `{"question_id":1,"image":"COCO_val2014_000000000042.jpg","text":"Is there a dog?","label":"no"}` + "\n" + `{"question_id":2,"image":"COCO_val2014_000000000042.jpg","text":"Is there a cat?","label":"yes"}`, "",
		`{"question_id":1,"answer":"Yes, there is."}` + "\n" + `{"question_id":2,"answer":"yes"}`, map[string]float64{"accuracy": 0.5, "precision": 0.5, "recall": 1, "f1": 2. / 3, "yes_ratio": 1}},
	{"mme", "question\tanswer\tcategory\timage_path\nq\tYes\tcount\t1.jpg\nq\tNo\tcount\t1.jpg\nq\tYes\tcode_reasoning\t2.jpg\nq\tNo\tcode_reasoning\t2.jpg\n", "",
		`{"id":"count/1.jpg-1","prediction":"Yes."}` + "\n" + `{"id":"count/1.jpg-2","prediction":"no"}` + "\n" + `{"id":"code_reasoning/2.jpg-1","prediction":"yes"}` + "\n" + `{"id":"code_reasoning/2.jpg-2","prediction":"maybe"}`,
		map[string]float64{"accuracy": 0.75, "accuracy_plus": 0.5, "perception_score": 200, "cognition_score": 50, "task/count/perception_score": 200, "ability/cognition/accuracy": 0.5}},
	{"mmstar", "index\tquestion\tanswer\tcategory\tl2_category\n7\tWhich?\tB\tmath\tgeometry\n8\tWhich?\tA\tmath\tstatistical reasoning\n", "", `[{"index":7,"prediction":"B. blue"},{"index":8,"prediction":"The red one"}]`,
		map[string]float64{"accuracy": 0.5, "category/math/accuracy": 0.5, "l2_category/geometry/accuracy": 1}},
	{"realworldqa", `[{"question":"Where?","answer":"A"},{"question":"What?","answer":"Downhill"}]`, "", `[{"index":0,"prediction":"(A)"},{"index":1,"prediction":"downhill."}]`, map[string]float64{"accuracy": 1}},
	{"mmmu", `[{"id":"validation_Art_1","question":"Who?","options":"['x', 'y']","answer":"B","question_type":"multiple-choice","topic_difficulty":"Easy"},
		{"id":"validation_Physics_2","question":"How many?","options":"[]","answer":"['3', 'three']","question_type":"open"}]`, "", `{"validation_Art_1":"(B)","validation_Physics_2":"So it is 4."}`,
		map[string]float64{"accuracy": 0.5, "discipline/Art and Design/accuracy": 1, "discipline/Science/accuracy": 0, "question_type/open/accuracy": 0}},
	{"mmbench", "index\tquestion\tA\tB\tanswer\tcategory\n5\tWhich?\tp\tq\tA\tocr\n1000005\tWhich?\tq\tp\tB\tocr\n6\tWho?\tu\tv\tA\tocr\n1000006\tWho?\tv\tu\tB\tocr\n", "",
		`[{"index":5,"prediction":"A"},{"index":1000005,"prediction":"B"},{"index":6,"prediction":"A"},{"index":1000006,"prediction":"A"}]`, map[string]float64{"accuracy": 0.75, "accuracy_circular": 0.5}},
	{"countbenchqa", `{"question":"How many dogs?","number":3}` + "\n" + `{"question":"How many cats?","number":2}`, "", `{"id":0,"prediction":"three"}` + "\n" + `{"id":1,"prediction":"3"}`, map[string]float64{"accuracy": 0.5, "number/3/accuracy": 1}},
	{"ocrbench", `[{"dataset_name":"IIIT5K","id":1,"image_path":"a.png","question":"What?","answers":"CENTRE","type":"Regular Text Recognition"},
		{"dataset_name":"HME100k","id":1,"image_path":"b.png","question":"What?","answers":["x + y"],"type":"Handwritten Mathematical Expression Recognition"}]`, "",
		`[{"id":"IIIT5K-1","predict":"It says centre."},{"id":"HME100k-1","predict":"X+y"}]`, map[string]float64{"accuracy": 0.5, "dataset/IIIT5K/accuracy": 1}},
	{"seedbench", `{"questions":[{"answer":"A","choice_a":"x","choice_b":"y","choice_c":"z","choice_d":"w","data_id":"1","data_type":"image","question":"Who?","question_id":"10","question_type_id":1}]}`, "", `[{"question_id":"10","prediction":"A"}]`,
		map[string]float64{"accuracy": 1, "question_type/Scene Understanding/accuracy": 1}},
	{"clevr", `{"questions":[{"image_filename":"a.png","question_index":0,"question":"How many?","answer":"3","split":"val","program":[{"function":"count"}]}]}`, "", `[{"question_index":0,"answer":"3"}]`, map[string]float64{"exact_match": 1, "function/count/exact_match": 1}},
	{"vsr", `{"image":"1.jpg","caption":"c","label":1,"relation":"on"}` + "\n" + `{"image":"1.jpg","caption":"c","label":0,"relation":"in"}`, "", `{"id":0,"prediction":"true"}` + "\n" + `{"id":1,"prediction":"True"}`, map[string]float64{"accuracy": 0.5, "relation/on/accuracy": 1}},
	{"msrvtt-qa", `[{"answer":"couch","id":1,"question":"What is it?","video_id":7010}]`, "", `[{"id":1,"answer":"couch"}]`, map[string]float64{"accuracy": 1, "question_word/what/accuracy": 1}},
	{"msvd-qa", `[{"answer":"fish","id":1,"question":"who is cut?","video_id":1451}]`, "", `[{"id":1,"answer":"Fish"}]`, map[string]float64{"accuracy": 0}},
	{"activitynet-qa", `[{"answer":"no","type":3,"question_id":"v_1_3"}]`, `[{"video_name":"1QIUV7WYKXg","question":"is it?","question_id":"v_1_3"}]`, `[{"question_id":"v_1_3","answer":"no"}]`, map[string]float64{"accuracy": 1, "type/yes_no/accuracy": 1}},
	{"nextqa", "video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n4010,369,640,480,why?,2,6,TP,a,b,c,d,e\n", "", `{"4010_6":{"prediction":"c","answer":"a"}}`, map[string]float64{"accuracy": 1, "type/TN/accuracy": 1, "group/T/accuracy": 1}},
	{"nextqa-oe", "video,frame_count,width,height,question,answer,qid,type\n4010,369,640,480,why?,to eat,6,TP\n4010,369,640,480,who?,a man,7,DO\n", "", `{"4010_6":"To eat","4010_7":"man"}`, map[string]float64{"exact_match": 0.5, "type/TN/exact_match": 1, "group/D/exact_match": 0}},
	{"rsvqa-lr", `{"answers":[{"question_id":7,"answer":"yes","active":true},{"question_id":8,"answer":"14","active":true},{"question_id":9,"answer":"0","active":true},{"question_id":10,"answer":"no","active":true}]}`,
		`{"questions":[{"id":7,"img_id":3,"type":"presence","question":"?","active":true},{"id":8,"img_id":3,"type":"count","question":"?","active":true},{"id":9,"img_id":3,"type":"count","question":"?","active":true},{"id":10,"img_id":3,"type":"comp","question":"?","active":true}]}`,
		`[{"question_id":7,"answer":"Yes"},{"question_id":8,"answer":"between 10 and 100"},{"question_id":9,"answer":"2"},{"question_id":10,"answer":"yes"}]`,
		map[string]float64{"accuracy": 0.5, "average_accuracy": 0.5, "average_accuracy_nonum": 0.5, "question_type/count/accuracy": 0.5, "question_type/presence/accuracy": 1}},
	{"rsvqa-hr", `{"answers":[{"question_id":7,"answer":"1014m2","active":true},{"question_id":8,"answer":"14","active":true}]}`,
		`{"questions":[{"id":7,"img_id":3,"type":"area","question":"?","active":true},{"id":8,"img_id":3,"type":"count","question":"?","active":true}]}`,
		`[{"question_id":7,"answer":"2000 m2"},{"question_id":8,"answer":"15"}]`,
		map[string]float64{"accuracy": 0.5, "average_accuracy": 0.5, "question_type/area/accuracy": 1}},
	{"vatex", `[{"videoID":"a_0_1","enCap":["a red car stops here"],"chCap":["x"]},{"videoID":"b_0_1","enCap":["two blue birds sing now"]}]`, "", `{"a_0_1":"a red car stops here","b_0_1":"two blue birds sing now"}`, map[string]float64{"cider": 10, "bleu_4": 1}},
	{"vg-questions", `[{"id":1,"qas":[{"qa_id":5,"question":"What?","answer":"Red."}]}]`, "", `{"id":5,"prediction":"Red."}`, map[string]float64{"exact_match": 1}},
	{"coco-captions", `{"images":[{"id":9,"file_name":"a.png"},{"id":10,"file_name":"b.png"}],"annotations":[
		{"image_id":9,"id":1,"caption":"A black cat on a mat."},{"image_id":10,"id":2,"caption":"Two dogs run in the park."}]}`, "",
		`[{"image_id":9,"caption":"a black cat on a mat"},{"image_id":10,"caption":"two dogs run in the park"}]`, map[string]float64{"cider": 10, "bleu_4": 1, "bleu_1": 1, "rouge_l": 1, "meteor_exact_stem": 1}},
	{"karpathy", `{"images":[{"filename":"a.png","cocoid":77,"split":"test","sentences":[{"raw":"A black cat on a mat."}]},{"filename":"b.png","cocoid":78,"split":"test","sentences":[{"raw":"Two dogs run in the park."}]}]}`, "",
		`[{"image_id":77,"caption":"a black cat on a mat"},{"image_id":"b.png","caption":"two dogs run in the park"}]`, map[string]float64{"cider": 10}},
	{"nocaps", `{"images":[{"id":0,"file_name":"a.png","domain":"near-domain"},{"id":1,"file_name":"b.png","domain":"near-domain"},{"id":2,"file_name":"c.png","domain":"in-domain"}],
		"annotations":[{"image_id":0,"caption":"a red car stops here"},{"image_id":1,"caption":"two blue birds sing now"},{"image_id":2,"caption":"an old man sleeps"}]}`, "",
		`[{"image_id":0,"caption":"a red car stops here"},{"image_id":1,"caption":"nothing"},{"image_id":2,"caption":"an old man sleeps"}]`,
		map[string]float64{"cider": 20. / 3, "domain/near-domain/cider": 5, "domain/in-domain/cider": 0, "domain/in-domain/bleu_1": 1}}, // a domain of one image scores 0
	{"vizwiz-captions", `{"images":[{"id":0,"file_name":"a.jpg"},{"id":1,"file_name":"b.jpg"}],"annotations":[{"image_id":0,"id":1,"caption":"a can of soup","is_precanned":false,"is_rejected":false},
		{"image_id":0,"id":2,"caption":"Quality issues are too severe to recognize visual content.","is_precanned":true,"is_rejected":false},{"image_id":1,"id":3,"caption":"a brown dog runs","is_precanned":false,"is_rejected":false}]}`, "",
		`[{"image_id":0,"caption":"a can of soup"},{"image_id":1,"caption":"a brown dog runs"}]`, map[string]float64{"cider": 10, "rouge_l": 1}},
	{"textocr", `{"imgs":{"f1":{"width":200,"height":100,"set":"val","file_name":"train/f1.jpg"},"f2":{"width":200,"height":100,"set":"val"}},"anns":{"1":{"image_id":"f1","bbox":[10,20,30,10],"utf8_string":"STOP!","points":[10,20,40,20,40,30,10,30]},
		"2":{"image_id":"f1","bbox":[100,20,30,10],"utf8_string":"."},"3":{"image_id":"f2","bbox":[0,0,100,50],"utf8_string":"a"},"4":{"image_id":"f2","bbox":[0,60,100,40],"utf8_string":"b"}}}`, "",
		`[{"image_id":"f1","words":"10,20,40,20,40,30,10,29,stop\n101,20,130,20,130,30,101,30,x\n50,80,60,80,60,90\ty"},{"image_id":"f2","words":"<loc0000><loc0000><loc0511><loc0511> A ; <loc0614><loc0000><loc1023><loc0511> c"}]`,
		map[string]float64{"e2e_precision": 0.5, "e2e_recall": 2. / 3, "detection_recall": 1, "detection_precision": 0.75, "e2e_f1": 4. / 7}},
	{"textcaps", `{"data":[{"image_id":"f1","caption_str":"a stop sign","reference_strs":["a stop sign","a stop sign","red and round"]},{"image_id":"f1","caption_str":"a stop sign","reference_strs":[]},{"image_id":"f1","caption_str":"red and round","reference_strs":[]},
		{"image_id":"f2","caption_str":"two open books","reference_strs":["two open books"]}]}`, "",
		`[{"image_id":"f1","caption":"a stop sign"},{"image_id":"f2","caption":"two open books"}]`, map[string]float64{"cider": 7.5 * (2./3 + 1) / 2}},
	{"xm3600", `{"image/key":"k1","image/locale":"fr","en":{"caption":["a red car"],"caption/tokenized/lowercase":["a red car ."]},"he":{"caption":["x y"]},"quz":{"caption":["q q"]},"th":{"caption":["หมา"],"caption/tokenized/lowercase":["หมา ดำ"]}}
{"image/key":"k2","image/locale":"fr","en":{"caption":["two dogs run"],"caption/tokenized/lowercase":["two dogs run ."]},"he":{"caption":["v w"]},"quz":{"caption":["r r"]},"th":{"caption":["แมว"],"caption/tokenized/lowercase":["แมว ขาว"]}}`, "",
		`{"k1/en":"A red car .","k1_iw":"x y","k1/th":"หมา ดำ","k2/en":"nothing","k2/he":"v w","k2/th":"แมว ขาว"}`,
		map[string]float64{
			"cider": (7.5/2 + 5 + thaiCIDEr) / 3, "cider_36": (7.5/2 + 5 + thaiCIDEr) / 3, "language/he/cider": 5, "language/en/cider": 7.5 / 2,
			"cider_tokenized": (10./2 + 5) / 2, "language/th/cider_tokenized": 5,
		}},
	{"coco-35l", `{"image_id":"9_1","src_lang":"en","trg_lang":"de","caption_tokenized":"a black cat sits","translation_tokenized":"eine Katze"}
{"image_id":"9_1","src_lang":"en","trg_lang":"fr","caption_tokenized":"a black cat sits","translation_tokenized":"un chat"}
{"image_id":"10_2","src_lang":"en","trg_lang":"de","caption_tokenized":"two dogs run fast","translation_tokenized":"zwei Hunde"}
{"image_id":"10_2","src_lang":"en","trg_lang":"fr","caption_tokenized":"two dogs run fast","translation_tokenized":"deux chiens"}`, "",
		`{"9/en":"a black cat sits","9/de":"eine Katze","9/fr":"un chat","10/en":"two dogs run fast","10/de":"zwei Hunde","10/fr":"deux chiens"}`,
		map[string]float64{"cider": (10. + 5 + 5) / 3, "cider_36": (10. + 5 + 5) / 3, "language/en/cider": 10, "group/7 languages of PaLI/cider": 7.5}},
}

// thaiCIDEr is the CIDEr-D of two words, one of which is the reference.
var thaiCIDEr = 10 / math.Sqrt2 / 4 * math.Exp(-1./72)

// score writes files and scores them.
func score(t *testing.T, name, annotations, questions, predictions string, o Options) (*Result, error) {
	t.Helper()
	return scoreNamed(t, name, annotationsName(annotations), annotations, questions, predictions, o)
}

// scoreNamed is score for annotations in a file of that name.
func scoreNamed(t *testing.T, name, file, annotations, questions, predictions string, o Options) (*Result, error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := Files{Annotations: write(file, annotations), Predictions: write("predictions.json", predictions)}
	if questions != "" {
		files.Questions = write("questions.json", questions)
	}
	b, err := Builtin().Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return b.Score(t.Context(), files, o)
}

// annotationsName is the name of a file with the content.
func annotationsName(content string) string {
	switch {
	case strings.HasPrefix(content, "index\t"), strings.HasPrefix(content, "question\t"):
		return "annotations.tsv"
	case strings.HasPrefix(content, "video,"):
		return "annotations.csv"
	case strings.HasPrefix(content, "{") && strings.Contains(content, "}\n{"):
		return "annotations.jsonl"
	}
	return "annotations.json"
}

func TestScore_OwnersFiles(t *testing.T) {
	for _, c := range ownersFiles {
		t.Run(c.name, func(t *testing.T) {
			result, err := score(t, c.name, c.annotations, c.questions, c.predictions, Options{Protocols: []string{"all"}})
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range c.want {
				scores, metric := result.Scores, name
				if parts := strings.Split(name, "/"); len(parts) == 3 {
					scores, metric = result.Slices[parts[0]][parts[1]], parts[2]
				}
				got, ok := scores[metric]
				if !ok || math.Abs(got.Value-want) > 1e-9 || !(got.Lo <= got.Value && got.Value <= got.Hi) || got.N == 0 || got.Clusters == 0 {
					t.Errorf("%s: %+v, want %v", name, got, want)
				}
			}
			var problems []Problem
			if n := map[string]int{"aokvqa": 1, "gqa": 2, "xm3600": 2}[c.name]; n > 0 { // questions that the owner leaves out
				problems = []Problem{{Kind: NotAsked, Count: n}}
			}
			if diff := cmp.Diff(problems, result.Problems, cmpopts.IgnoreFields(Problem{}, "First")); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAOKVQA_AsksWithChoices has a dataset of each layout of A-OKVQA.
func TestAOKVQA_AsksWithChoices(t *testing.T) {
	for _, question := range []string{"Why?", "Why? choose from: a bee \t b"} {
		s := shards.Sample{Key: "1.jpg", Metadata: map[string]string{"choices/q": `["a bee","b"]`, "correct_choice/q": "b"},
			Questions: []shards.Question{{ID: "q", Text: question, Answers: []shards.Answer{{Text: "bee"}}}}}
		items := aokvqaMC.Items(&s, "", nil)
		if got, want := FillPrompt(aokvqaMC.Prompt, &items[0]), "answer en  Why? choose from: a bee \t b\n"; got != want || items[0].References[0] != "b" {
			t.Errorf("%q of %q, want %q", got, items[0].References, want)
		}
	}
}

func TestScore_SciCapReadsTheFiguresOfTheList(t *testing.T) {
	dir := t.TempDir()
	for name, caption := range map[string]string{"1001.1v1-Figure1-1": "delay over time in the network .", "1001.1v1-Figure2-1": "loss of the second model .", "1001.2v1-Figure1-1": "a figure that is not in the list ."} {
		writeFile(t, dir, name+".json", map[string]any{"figure-ID": name + ".png", "paper-ID": name[:8], "1-lowercase-and-token-and-remove-figure-index": map[string]any{"caption": caption}})
	}
	other := t.TempDir()
	files := Files{
		Annotations: dir, Questions: writeFile(t, other, "file_idx.json", []string{"1001.1v1-Figure2-1.png", "1001.1v1-Figure1-1.png"}),
		Predictions: writeFile(t, other, "p.json", []map[string]string{{"image_id": "1001.1v1-Figure1-1.png", "caption": "delay over time in the network"}, {"image_id": "1001.1v1-Figure2-1.png", "caption": "loss of the second model"}}),
	}
	result, err := scicap.Score(t.Context(), files, Options{Bootstrap: quick})
	if err != nil || math.Abs(result.Scores["cider"].Value-10) > 1e-9 || result.Items != 2 || result.Scores["cider"].Clusters != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	files.Questions = writeFile(t, other, "file_idx.json", []string{"gone.png"})
	if _, err = scicap.Score(t.Context(), files, Options{Bootstrap: quick}); err == nil || !strings.Contains(err.Error(), "gone.json: there is no such file in") {
		t.Error(err)
	}
	files.Questions = writeFile(t, other, "file_idx.json", []string{"../p.png"})
	if _, err = scicap.Score(t.Context(), files, Options{Bootstrap: quick}); err == nil || !strings.Contains(err.Error(), "is not the name of a figure") {
		t.Error(err)
	}
}

func TestScore_ProtocolsSayWhereTheyDiffer(t *testing.T) {
	result, err := score(t, "stvqa", `{"data":[{"question":"What?","file_path":"a.jpg","question_id":4,"answers":["ab"]},{"question":"What?","file_path":"a.jpg","question_id":5,"answers":["ab"]}]}`, "",
		`[{"question_id":4,"answer":"ac"},{"question_id":5,"answer":"ab"}]`, Options{Protocols: []string{"big_vision"}})
	if err != nil {
		t.Fatal(err)
	}
	p := result.Protocols["big_vision"]
	if result.Scores["anls"].Value != 0.75 || p.Scores["anls"].Value != 0.5 || p.Differs.Count != 1 || p.Differs.First[0] != "4" {
		t.Errorf("%+v", result)
	}
	if _, err := score(t, "stvqa", `{}`, "", `[]`, Options{Protocols: []string{"x"}}); err == nil || !strings.Contains(err.Error(), "it has official, lmms-eval, vlmevalkit, big_vision, lenient") {
		t.Error(err)
	}
}

func TestScore_PartialCounts(t *testing.T) {
	const annotations = `[{"imgname":"8.png","query":"q","label":"1"},{"imgname":"8.png","query":"q","label":"2"},{"imgname":"9.png","query":"q","label":"3"},{"imgname":"9.png","query":"q","label":"4"},{"imgname":"9.png","query":"q","label":"5"}]`
	const predictions = `{"id":0,"prediction":"1"}
{"id":0,"prediction":"9"}
{"id":1,"prediction":" "}
{"id":2,"prediction":
{"id":77,"prediction":"1"}
{"id":3,"error":"timeout"}
`
	if _, err := score(t, "chartqa", annotations, "", predictions, Options{}); err == nil || !strings.Contains(err.Error(), "line 2: a second prediction for question 0, after line 1") {
		t.Error(err)
	}
	result, err := score(t, "chartqa", annotations, "", predictions, Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, p := range result.Problems {
		counts[p.Kind] = p.Count
	}
	for kind, want := range map[string]int{Missing: 2, Unknown: 1, Double: 1, Empty: 1, Failed: 1, Unreadable: 1} {
		if counts[kind] != want {
			t.Errorf("%s: %d, want %d (%v)", kind, counts[kind], want, result.Problems)
		}
	}
	s := result.Scores["relaxed_accuracy"]
	if s.N != 3 || math.Abs(s.Value-1./3) > 1e-9 || result.Comparable["relaxed_accuracy"].Answer != "no" {
		t.Errorf("%+v %+v", s, result.Comparable)
	}
}

func TestScore_RefusesFilesOfDifferentSplits(t *testing.T) {
	for _, c := range []struct{ annotations, predictions, want string }{
		{`[{"imgname":"8.png","query":"q","label":"1"}]`, `{"id":5,"prediction":"1"}`, "files of different splits? The first prediction (line 1) is for question 5, the first question is 0"},
		{`[{"imgname":"8.png","query":"q"}]`, `{"id":0,"prediction":"1"}`, "question 0 has no right answer"},
	} {
		if _, err := score(t, "chartqa", c.annotations, "", c.predictions, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	const two = `{"images":[{"filename":"a.png","cocoid":1,"split":"test","sentences":[{"raw":"a cat"}]},{"filename":"b.png","cocoid":2,"split":"val","sentences":[{"raw":"a dog"}]}]}`
	if _, err := score(t, "karpathy", two, "", `[{"image_id":1,"caption":"a cat"},{"image_id":2,"caption":"a cat"}]`, Options{}); err == nil || !strings.Contains(err.Error(), "choose one with --split: test (1), val (1)") {
		t.Error(err)
	}
}

func TestWriteSubmission_IsTheServersForm(t *testing.T) {
	for _, c := range []struct{ name, predictions, want string }{
		{"vqav2", "{\"id\":\"7\",\"prediction\":\"a <b>\"}\n{\"id\":8,\"prediction\":\"ä\"}", "[{\"question_id\":7,\"answer\":\"a <b>\"},\n{\"question_id\":8,\"answer\":\"ä\"}]\n"},
		{"aokvqa", `{"id":"x","prediction":"y"}`, "{\"x\":{\"direct_answer\":\"y\"}}\n"},
		{"vizwiz", `{"id":"a.jpg","prediction":"y"}`, "[{\"image\":\"a.jpg\",\"answer\":\"y\"}]\n"},
	} {
		path := filepath.Join(t.TempDir(), "p.jsonl")
		if err := os.WriteFile(path, []byte(c.predictions), 0o666); err != nil {
			t.Fatal(err)
		}
		b, err := Builtin().Named(c.name)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if _, err := b.WriteSubmission(t.Context(), path, Options{}, &out); err != nil || out.String() != c.want {
			t.Errorf("%s: %q, want %q: %v", c.name, out.String(), c.want, err)
		}
		again, err := readPredictions(t.Context(), path, b.Submission, &problems{})
		if err != nil || len(again.all) == 0 {
			t.Error(err)
		}
	}
	path := filepath.Join(t.TempDir(), "p.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"x","prediction":"y"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := vqav2.WriteSubmission(t.Context(), path, Options{}, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "line 1: question \"x\": the server of vqav2 takes numbers") {
		t.Error(err)
	}
}
