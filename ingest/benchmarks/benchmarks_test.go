package benchmarks

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// fixture is a benchmark's files in the owner's layout, the images that they name, and the expected
// result.
type fixture struct {
	name, annotations, questions, classes string
	images                                []string
	want                                  []string
}

var published = []fixture{
	{"coco-captions", `{"images":[{"id":9,"file_name":"a.png","coco_url":"http://x/a"},{"id":10,"file_name":"gone.png"}],
		"annotations":[{"image_id":9,"id":1,"caption":"A cat. "},{"image_id":9,"id":2,"caption":"Cat"},{"image_id":77,"caption":"nobody"}]}`, "", "",
		[]string{"a.png"}, []string{"! gone.png absent", "a.png 1 images caption/en:A cat. caption/en:Cat"}},
	{"coco-instances", `{"images":[{"id":9,"file_name":"a.png"}],"categories":[{"id":3,"name":"cat"}],
		"annotations":[{"image_id":9,"bbox":[2,0,4,8],"category_id":3,"iscrowd":0,"segmentation":[[1,2]]}]}`, "", "",
		[]string{"a.png"}, []string{"a.png 1 images [cat 0.00 0.25 1.00 0.75]"}},
	{"lvis", `{"images":[{"id":391895,"coco_url":"http://images.cocodataset.org/train2017/000000391895.jpg","neg_category_ids":[2],"not_exhaustive_category_ids":[1]},
		{"id":9,"coco_url":"http://images.cocodataset.org/val2017/000000000009.jpg","neg_category_ids":[],"not_exhaustive_category_ids":[]}],
		"categories":[{"id":1,"name":"alarm_clock","synonyms":["alarm_clock"],"frequency":"f"},{"id":2,"name":"bow_(weapon)"}],
		"annotations":[{"id":1,"image_id":391895,"category_id":1,"bbox":[0,0,4,4],"area":16,"segmentation":[[0,0,4,0,4,4,0,4]]}]}`, "", "",
		[]string{"train2017/000000391895.jpg", "000000000009.jpg"},
		[]string{"000000000009.jpg 1 images", "000000391895.jpg 1 images [alarm_clock 0.00 0.00 0.50 0.50] negative_categories=bow_(weapon) not_exhaustive_categories=alarm_clock"}},
	{"nocaps", `{"images":[{"id":0,"file_name":"a.png","domain":"near-domain"}],"annotations":[{"image_id":0,"caption":"x"}]}`, "", "",
		[]string{"a.png"}, []string{"a.png 1 images caption/en:x domain=near-domain"}},
	{"vizwiz-captions", `{"images":[{"id":0,"file_name":"VizWiz_val_00000000.png"}],"annotations":[{"image_id":0,"id":1,"caption":"A can of soup","is_precanned":false,"is_rejected":false},
		{"image_id":0,"id":2,"caption":"Quality issues are too severe to recognize visual content.","is_precanned":true,"is_rejected":false},{"image_id":0,"id":3,"caption":"x","is_precanned":false,"is_rejected":true}]}`, "", "",
		[]string{"VizWiz_val_00000000.png"}, []string{"VizWiz_val_00000000.png 1 images caption/en:A can of soup"}},
	{"karpathy", `{"dataset":"coco","images":[{"filepath":"val2014","filename":"a.png","split":"restval","sentences":[{"raw":"A cat.","tokens":["a","cat"]}]}]}`,
		"", "", []string{"val2014/a.png"}, []string{"a.png (restval) 1 images caption/en:A cat."}},
	{"vqav2", `{"annotations":[{"question_id":5,"image_id":42,"question_type":"what","answer_type":"other","multiple_choice_answer":"red",
		"answers":[{"answer":"red","answer_confidence":"yes","answer_id":1},{"answer":"pink","answer_confidence":"maybe","answer_id":2}]}]}`,
		`{"data_subtype":"val2014","questions":[{"image_id":42,"question":"What?","question_id":5},{"image_id":42,"question":"Why?","question_id":6}]}`, "",
		[]string{"val2014/COCO_val2014_000000000042.jpg"},
		[]string{"COCO_val2014_000000000042.jpg 1 images ?5 other What? =red/yes =pink/maybe ?6  Why? question_type/5=what"}},
	{"okvqa", `{"annotations":[{"question_id":5,"question_type":"one","answer_type":"other","answers":[{"answer":"red"}]}]}`,
		`{"data_subtype":"train2014","questions":[{"image_id":1,"question":"What?","question_id":5}]}`, "",
		[]string{"COCO_train2014_000000000001.jpg"}, []string{"COCO_train2014_000000000001.jpg 1 images ?5 other What? =red question_type/5=one"}},
	{"vizwiz", `[{"image":"VizWiz_val_1.jpg","question":"What is it?","answers":[{"answer":"soup","answer_confidence":"yes"}],"answer_type":"other","answerable":1}]`,
		"", "", []string{"VizWiz_val_1.jpg"}, []string{"VizWiz_val_1.jpg 1 images ?VizWiz_val_1.jpg other What is it? =soup/yes answerable/VizWiz_val_1.jpg=1"}},
	{"gqa", `{"201":{"imageId":"n1","question":"Is it red?","answer":"no","isBalanced":true,"types":{"structural":"verify"}},"105":{"imageId":"n1","question":"Who?","answer":"cat"}}`,
		"", "", []string{"n1.jpg"}, []string{"n1 1 images ?201 verify Is it red? =no ?105  Who? =cat balanced/201=true"}},
	{"aokvqa", `[{"split":"val","image_id":42,"question_id":"22jb","question":"Why?","choices":["a","b","c","d"],"correct_choice_idx":1,"direct_answers":["b","bee"],"difficult_direct_answer":false}]`,
		"", "", []string{"val2014/COCO_val2014_000000000042.jpg"},
		[]string{"000000000042.jpg (val) 1 images ?22jb  Why? =b =bee choices/22jb=[\"a\",\"b\",\"c\",\"d\"] correct_choice/22jb=b difficult_direct_answer/22jb=false"}},
	{"aokvqa-mc", `[{"split":"train","image_id":42,"question_id":"22jb","question":"Why?","choices":["a bee","b","c","d"],"correct_choice_idx":0,"direct_answers":["b","bee"],"difficult_direct_answer":false},
		{"split":"test","image_id":43,"question_id":"22jc","question":"Who?","choices":["a","b"]},{"split":"train","image_id":44,"question_id":"22jd","question":"Who?","choices":["a",null]}]`,
		"", "", []string{"val2014/COCO_val2014_000000000042.jpg", "val2014/COCO_val2014_000000000043.jpg", "val2014/COCO_val2014_000000000044.jpg"},
		[]string{
			"000000000042.jpg (train) 1 images ?22jb multiple_choice Why? choose from: a bee \t b \t c \t d =a bee choices/22jb=[\"a bee\",\"b\",\"c\",\"d\"] correct_choice/22jb=a bee difficult_direct_answer/22jb=false",
			"000000000043.jpg (test) 1 images ?22jc multiple_choice Who? choose from: a \t b choices/22jc=[\"a\",\"b\"]",
			"000000000044.jpg (train) 1 images",
		}},
	{"pope", `{"question_id": 1, "image": "COCO_val2014_000000000042.jpg", "text": "Is there a dog?", "label": "no"}` + "\n" + `{"question_id": 2, "image": "COCO_val2014_000000000042.jpg", "text": "Is there a cat?", "label": "yes"}`,
		"", "", []string{"COCO_val2014_000000000042.jpg"},
		[]string{"COCO_val2014_000000000042.jpg 1 images ?1 yes_no Is there a dog? =no ?2 yes_no Is there a cat? =yes"}},
	{"tallyqa", `[{"image":"VG_100K/1.jpg","answer":3,"question":"How many?","question_id":7,"issimple":false}]`, "", "",
		[]string{"VG_100K/1.jpg"}, []string{"VG_100K/1.jpg 1 images ?7 complex How many? =3"}},
	{"easyvqa", `[["What?","red",0],["Is it?","no",1],["Who?","cat",0]]`, "", "", []string{"0.png", "1.png"},
		[]string{"0.png 1 images ?0  What? =red ?2  Who? =cat", "1.png 1 images ?1  Is it? =no"}},
	{"textvqa", `{"data":[{"question":"What?","image_id":"f1","question_id":3,"answers":["a","b"],"set_name":"val"}]}`, "", "",
		[]string{"f1.jpg"}, []string{"f1 (val) 1 images ?3  What? =a =b"}},
	{"textcaps", `{"data":[{"image_id":"f1","caption_str":"one","reference_strs":["one","two"],"set_name":"train"},{"image_id":"f1","caption_str":"two","reference_strs":["one","two"],"set_name":"train"}]}`,
		"", "", []string{"f1.jpg"}, []string{"f1 (train) 1 images caption/en:one caption/en:two"}},
	{"textocr", `{"imgs":{"f1":{"id":"f1","width":200,"height":100,"set":"val","file_name":"train/f1.jpg"}},"anns":{"f1_1":{"id":"f1_1","image_id":"f1","bbox":[10,20,30,8],"utf8_string":"STOP","points":[10,20,40,20,40,28,10,28]},"f1_2":{"image_id":"f1","bbox":[1,2,3,4],"utf8_string":"."}},"imgToAnns":{"f1":["f1_1","f1_2"]}}`,
		"", "", []string{"f1.jpg"}, []string{"f1 (val) 1 images ocr/und:STOP"}},
	{"stvqa", `{"data":[{"question":"What?","file_path":"COCO-text/a.jpg","question_id":4,"answers":["a"],"set_name":"train"}]}`, "", "",
		[]string{"COCO-text/a.jpg"}, []string{"COCO-text/a.jpg (train) 1 images ?4  What? =a"}},
	{"docvqa", `{"dataset_name":"SP-DocVQA","data":[{"questionId":337,"question":"Date?","image":"documents/x_1.png","docId":279,"answers":["1/8/93"],"data_split":"val"}]}`,
		"", "", []string{"documents/x_1.png"}, []string{"documents/x_1.png (val) 1 images ?337  Date? =1/8/93"}},
	{"infovqa", `{"data":[{"questionId":98313,"question":"How?","image_local_name":"38901.jpeg","answers":["yes"],"data_split":"val"}]}`, "", "",
		[]string{"38901.jpeg"}, []string{"38901.jpeg (val) 1 images ?98313  How? =yes"}},
	{"ocrvqa", `{"761183272":{"imageURL":"http://x/1","title":"T","split":1,"questions":["Who wrote it?","Title?"],"answers":["A. B.","T"]}}`, "", "",
		[]string{"761183272.gif"}, []string{"761183272 (train) 1 images ?761183272-0  Who wrote it? =A. B. ?761183272-1  Title? =T"}},
	{"chartqa", `[{"imgname":"8.png","query":"How much?","label":"14"}]`, "", "", []string{"8.png"}, []string{"8.png 1 images ?0  How much? =14"}},
	{"ai2d", `{"imageName":"0.png","questions":{"What is A?":{"questionId":"0.png-0","answerTexts":["face","dorsal"],"correctAnswer":1,"abcLabel":false}}}`,
		"", "", []string{"0.png"}, []string{"0.png 1 images ?0.png-0 multiple_choice What is A? (a) face (b) dorsal =dorsal abc_label/0.png-0=false choices/0.png-0=[\"face\",\"dorsal\"]"}},
	{"scienceqa", `{"1":{"question":"Which?","choices":["x","y"],"answer":0,"hint":"","image":"image.png","split":"train","subject":"natural science"},
		"2":{"question":"Why?","choices":["p","q"],"answer":1,"image":null,"split":"test"}}`, "", "", []string{"train/1/image.png"},
		[]string{"1 (train) 1 images ?1 multiple_choice Which? (a) x (b) y =x choices/1=[\"x\",\"y\"] image=image.png subject=natural science", "2 (test) 0 images ?2 multiple_choice Why? (a) p (b) q =q choices/2=[\"p\",\"q\"]"}},
	{"xm3600", `{"image/key":"k1","image/locale":"fr","en":{"caption":["a cat"],"caption/tokenized":["a cat"]},"fr":{"caption":["un chat","le chat"]}}` + "\n", "", "",
		[]string{"k1.jpg"}, []string{"k1 1 images caption/en:a cat caption/fr:un chat caption/fr:le chat locale=fr"}},
	{"vg-regions", `[{"id":1,"regions":[{"region_id":1,"image_id":1,"phrase":"a clock","x":4,"y":0,"width":4,"height":4}]}]`, "", "",
		[]string{"VG_100K_2/1.jpg"}, []string{"1 1 images [a clock 0.00 0.50 0.50 1.00]"}},
	{"vg-questions", `[{"id":1,"qas":[{"qa_id":986,"question":"What colour?","answer":"Green.","a_objects":[]}]}]`, "", "",
		[]string{"VG_100K/1.jpg"}, []string{"1 1 images ?986  What colour? =Green."}},
	{"vg-objects", `[{"image_id":1,"objects":[{"object_id":5,"names":["clock"],"x":0,"y":0,"w":8,"h":2,"synsets":[]}]}]`, "", "",
		[]string{"1.jpg"}, []string{"1 1 images [clock 0.00 0.00 0.25 1.00]"}},
	{"openimages-boxes", "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded\n01,xclick,/m/01yrx,1,0.25,0.5,0,1,0\n01,xclick,/m/x,1,0,1,0,1,0\n02,xclick,/m/01yrx,1,0,1,0,1,0\n",
		"", "/m/01yrx,Cat\n", []string{"01.jpg", "02.jpg"}, []string{"01 1 images [Cat 0.00 0.25 1.00 0.50] [/m/x 0.00 0.00 1.00 1.00]", "02 1 images [Cat 0.00 0.00 1.00 1.00]"}},
	{"localized-narratives", `{"dataset_id":"mscoco_val2017","image_id":"137576","annotator_id":93,"caption":"In this image there is a cow.","traces":[]}` + "\n{\n", "", "",
		[]string{"137576.jpg"}, []string{"! row", "137576#93 1 images caption/en:In this image there is a cow. dataset=mscoco_val2017"}},
	{"mme", "question\tanswer\tcategory\timage_path\nIs it red?\tYes\tcolor\t1.png\nIs it blue?\tNo\tcolor\t1.png\n", "", "", []string{"images/1.png"},
		[]string{"color/1.png 1 images ?color/1.png-1 color Is it red? =Yes ?color/1.png-2 color Is it blue? =No"}},
	{"mmstar", "index\tquestion\tanswer\tcategory\tl2_category\timage\n7\tWhich?\tB\tmath\tgeometry\t" + embedded + "\n", "", "", nil,
		[]string{"7 1 images ?7 multiple_choice Which? =B category/7=math choices/7=[\"\",\"\",\"\",\"\"] l2_category/7=geometry"}},
	{"realworldqa", `[{"question":"Where?","answer":"A","image_path":"a.png"},{"question":"What?","answer":"Downhill","image_path":"a.png"}]`, "", "", []string{"a.png"},
		[]string{"0 1 images ?0 multiple_choice Where? =A choices/0=[\"\",\"\",\"\",\"\"]", "1 1 images ?1 open What? =Downhill"}},
	{"mmmu", `[{"id":"validation_Art_1","question":"Who <image 1>?","options":"['x', \"y's\"]","answer":"B","question_type":"multiple-choice","subfield":"Art","topic_difficulty":"Easy","image_1":"` + embedded + `"},
		{"id":"validation_Basic_Medical_Science_2","question":"How many?","options":"[]","answer":"['3', 'three']","question_type":"open"}]`, "", "", nil,
		[]string{"validation_Art_1 (validation) 1 images ?validation_Art_1 multiple_choice Who <image 1>?\nA. x\nB. y's =B choices/validation_Art_1=[\"x\",\"y's\"] difficulty/validation_Art_1=Easy subfield/validation_Art_1=Art subject/validation_Art_1=Art",
			"validation_Basic_Medical_Science_2 (validation) 0 images ?validation_Basic_Medical_Science_2 open How many? =3 =three subject/validation_Basic_Medical_Science_2=Basic_Medical_Science"}},
	{"mmbench", "index\tquestion\tA\tB\tC\tanswer\tcategory\timage\n1000005\tWhich?\tq\tp\t\tB\tocr\t5\n5\tWhich?\tp\tq\t\tA\tocr\t" + embedded + "\n", "", "", nil,
		[]string{"5 1 images ?1000005 multiple_choice Which?\nA. q\nB. p =B ?5 multiple_choice Which?\nA. p\nB. q =A category/1000005=ocr category/5=ocr choices/1000005=[\"q\",\"p\"] choices/5=[\"p\",\"q\"]"}},
	{"countbenchqa", `{"question":"How many dogs?","number":3,"image":"` + embedded + `"}` + "\n", "", "", nil, []string{"0 1 images ?0 number How many dogs? =3"}},
	{"ocrbench", `[{"dataset_name":"IIIT5K","id":2843,"image_path":"IIIT5K/918_1.png","question":"What?","answers":"CENTRE","type":"Regular Text Recognition"}]`, "", "", []string{"IIIT5K/918_1.png"},
		[]string{"IIIT5K/918_1.png 1 images ?IIIT5K-2843 Regular Text Recognition What? =CENTRE dataset/IIIT5K-2843=IIIT5K"}},
	{"seedbench", `{"question_type":{"Scene Understanding":1},"questions":[{"answer":"A","choice_a":"x","choice_b":"y","choice_c":"z","choice_d":"w","data_id":"1_2","data_type":"image","question":"Who?","question_id":"10","question_type_id":1}]}`, "", "",
		[]string{"1_2"}, []string{"1_2 1 images ?10 multiple_choice Who?\nA. x\nB. y\nC. z\nD. w =A choices/10=[\"x\",\"y\",\"z\",\"w\"] data_type/10=image question_type/10=1"}},
	{"clevr", `{"info":{},"questions":[{"image_filename":"CLEVR_val_000000.png","question_index":0,"question":"How many?","answer":"3","split":"val","program":[{"function":"scene"},{"function":"count"}]}]}`, "", "",
		[]string{"val/CLEVR_val_000000.png"}, []string{"CLEVR_val_000000.png (val) 1 images ?0 count How many? =3"}},
	{"vsr", `{"image":"000000050403.jpg","caption":"The bear is in front.","label":1,"relation":"in front of"}` + "\n" + `{"image":"000000050403.jpg","caption":"It is behind.","label":0,"relation":"behind"}` + "\n", "", "",
		[]string{"train2017/000000050403.jpg"}, []string{"000000050403.jpg 1 images ?0 true_false The bear is in front. =True ?1 true_false It is behind. =False relation/0=in front of relation/1=behind"}},
	{"msrvtt-qa", `[{"answer":"couch","category_id":14,"id":158581,"question":"What are three people sitting on?","video_id":7010}]`, "", "",
		[]string{"video7010/1.jpg"}, []string{"video7010 1 images ?158581 what What are three people sitting on? =couch"}},
	{"msvd-qa", `[{"answer":"fish","id":30933,"question":"who is cut?","video_id":1451}]`, "", "", []string{"vid1451/1.jpg"}, []string{"vid1451 1 images ?30933 who who is cut? =fish"}},
	{"activitynet-qa", `[{"answer":"no","type":3,"question_id":"v_1_3"}]`, `[{"video_name":"1QIUV7WYKXg","question":"is it?","question_id":"v_1_3"}]`, "",
		[]string{"v_1QIUV7WYKXg/1.jpg"}, []string{"v_1QIUV7WYKXg 1 images ?v_1_3 yes_no is it? =no"}},
	{"nextqa", "video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n4010,369,640,480,why?,2,6,CW,a,b,c,d,e\n", "", "", []string{"4010/1.jpg"},
		[]string{"4010 1 images ?4010_6 multiple_choice why? (a) a (b) b (c) c (d) d (e) e =c choices/4010_6=[\"a\",\"b\",\"c\",\"d\",\"e\"] type/4010_6=CW"}},
	{"nextqa-oe", "video,frame_count,width,height,question,answer,qid,type\n4010,369,640,480,why?,to eat,6,CW\n", "", "", []string{"4010/1.jpg"},
		[]string{"4010 1 images ?4010_6  why? =to eat =for food type/4010_6=CW"}},
	{"rsvqa-lr", `{"answers":[{"id":0,"date_added":1,"question_id":7,"people_id":0,"answer":"yes","active":true},{"id":1,"question_id":8,"answer":"14","active":true},{"id":2,"question_id":9,"answer":"no","active":false}]}`,
		`{"questions":[{"id":7,"img_id":3,"people_id":0,"type":"presence","question":"Is a road present?","answers_ids":[0],"active":true},{"id":8,"img_id":3,"type":"count","question":"How many?","active":true},{"id":9,"img_id":3,"type":"comp","question":"?","active":false}]}`, "",
		[]string{"Images_LR/3.tif"}, []string{"3 1 images ?7 presence Is a road present? =yes ?8 count How many? =14"}},
	{"rsvqa-hr", `{"answers":[{"id":0,"question_id":7,"answer":"1014m2","active":true},{"id":1,"question_id":8,"answer":"1","active":true}]}`,
		`{"questions":[{"id":7,"img_id":3,"type":"area","question":"What is the area?","active":true}]}`, "",
		[]string{"Data/3.tif"}, []string{"! row", "3 1 images ?7 area What is the area? =1014m2"}},
	{"scicap", `{"contains-subfigure":false,"Img-text":["0","time"],"paper-ID":"1001.0025v1","figure-ID":"1001.0025v1-Figure2-1.png","figure-type":"Graph Plot","0-originally-extracted":"Figure 2: Delay.","1-lowercase-and-token-and-remove-figure-index":{"caption":"delay ."}}`, "", "",
		[]string{"Test/1001.0025v1-Figure2-1.png"}, []string{"1001.0025v1-Figure2-1.png 1 images caption/en:delay . ocr/en:0 time contains_subfigure=false figure_type=Graph Plot paper=1001.0025v1"}},
	{"imagenet", "ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 111 108 230 366 n01751748 1 2 3 4\nILSVRC2012_val_00000002,\n", "", "", []string{"ILSVRC2012_val_00000001.JPEG"},
		[]string{"! row", "ILSVRC2012_val_00000001.JPEG 1 images title/:n01751748"}},
	{"objectnet", `{"Alarm clock":"analog clock; digital clock"}`, "", "", []string{"alarm_clock/a.png", "jar/b.png", "jar/c.png"},
		[]string{"alarm_clock/a.png 1 images title/:Alarm clock imagenet_classes=[409,530]"}},
	{"nlvr", `{"sentence":"A box.","label":"true","identifier":"72-0","directory":"5","evals":{"r1":"true"},"structured_rep":[[]]}` + "\n", "", "",
		[]string{"5/a-72-0-0.png", "a-72-0-5.png"}, []string{"! a-72-0-1.png absent", "! a-72-0-2.png absent", "! a-72-0-3.png absent", "! a-72-0-4.png absent",
			"a-72-0-0.png 1 images ?72-0-0 true_false A box. =true", "a-72-0-5.png 1 images ?72-0-5 true_false A box. =true"}},
	{"nlvr2", `{"sentence":"Two dogs.","left_url":"http://x","right_url":"http://y","identifier":"dev-850-0-1","label":"True"}` + "\n", "", "",
		[]string{"dev-850-0-img0.png", "dev-850-0-img1.png"}, []string{"dev-850-0-1 2 images ?dev-850-0-1 true_false Two dogs. =True"}},
	{"screen2words", "screenId,summary\n54137,page displaying a plan\n54137,screen of a plan\n", "", "", []string{"54137.jpg"},
		[]string{"54137 1 images caption/en:page displaying a plan caption/en:screen of a plan"}},
	{"widgetcap", "screenId,nodeId,captions\n54137,0.1.3,go back|back\n", "", "", []string{"54137.jpg"},
		[]string{"54137#0.1.3 1 images caption/en:go back caption/en:back node=0.1.3"}},
	{"msrvtt", `{"videos":[{"video_id":"video0","split":"train","url":"http://v","category":9}],"sentences":[{"caption":"a car","video_id":"video0","sen_id":0}]}`, "", "",
		[]string{"video0/1.jpg", "video0/2.jpg"}, []string{"video0 (train) 2 images caption/en:a car"}},
	{"activitynet", `{"v_a":{"duration":82.73,"timestamps":[[0.83,19.86]],"sentences":["A man walks."]}}`, "", "", []string{"v_a/0001.jpg"},
		[]string{"v_a 1 images caption/en:A man walks. duration=82.73 moment_0=0.83-19.86"}},
	{"vatex", `[{"videoID":"Ptf_000122_000132","enCap":["A man walks."],"chCap":["一个男人"]}]`, "", "", []string{"Ptf_000122_000132/1.jpg"},
		[]string{"Ptf_000122_000132 1 images caption/en:A man walks. caption/zh:一个男人"}},
	{name: "cc3m-35l", annotations: `{"image_id":"0a1","src_lang":"en","trg_lang":"de","caption_tokenized":"a cat .","translation_tokenized":"eine Katze .","backtranslation_tokenized":"a cat ."}
{"image_id":"0b2","src_lang":"en","trg_lang":"de","caption_tokenized":"a dog","translation_tokenized":"ein Hund"}
{"image_id":"0a1","src_lang":"en","trg_lang":"fr","caption_tokenized":"a cat .","translation_tokenized":"un chat ."}
{"src_lang":"en"}
`, images: []string{"0a1.png"}, want: []string{"! 0b2 absent", "! row", "0a1 1 images caption/en:a cat . caption/de:eine Katze . caption/fr:un chat ."}},
	{name: "coco-35l", annotations: `{"image_id":"9_1","src_lang":"en","trg_lang":"de","caption_tokenized":"a cat","translation_tokenized":"eine Katze"}
{"image_id":"9_2","src_lang":"en","trg_lang":"de","caption_tokenized":"one cat","translation_tokenized":"eine Katze"}
`, images: []string{"val2014/COCO_val2014_000000000009.jpg"}, want: []string{"9 1 images caption/en:a cat caption/de:eine Katze caption/en:one cat"}},
	{name: "refcoco", annotations: refs(2),
		images: []string{"train2014/COCO_train2014_000000581857.jpg", "COCO_train2014_000000000009.jpg"},
		want: []string{"COCO_train2014_000000000009.jpg#testA (testA) 1 images [café 猫 🐈\n\\ 0.50 0.50 1.00 1.00]",
			"COCO_train2014_000000581857.jpg#train (train) 1 images [the lady with the blue shirt 0.00 0.25 1.00 0.75] [blue shirt 0.00 0.25 1.00 0.75] [man at left 0.00 0.00 1.00 1.00]"}},
}

// embedded is an image in base64.
var embedded = base64.StdEncoding.EncodeToString(squarePNG())

// instances are the files beside the annotations.
var instances = map[string]string{
	"refcoco": `{"images":[{"id":581857,"file_name":"COCO_train2014_000000581857.jpg"},{"id":9,"file_name":"COCO_train2014_000000000009.jpg"},{"id":10,"file_name":"x"}],
		"annotations":[{"id":1719310,"image_id":581857,"bbox":[2,0,4,8],"segmentation":[[1,2]]},{"id":1719311,"bbox":[0,0,8,8]},{"id":5,"bbox":[4,4,4,4]}],"categories":[]}`,
}

// refs returns a file of references, pickled by Python with a protocol.
func refs(protocol int) string {
	content, err := os.ReadFile(fmt.Sprintf("../internal/pickle/testdata/refs.%d.p", protocol))
	if err != nil {
		panic(err)
	}
	return string(content)
}

// squarePNG is an image of 8 by 8 pixels.
func squarePNG() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func square(*testing.T) []byte { return squarePNG() }

// fileName is the name of a file of annotations with the content.
func fileName(content string) string {
	switch {
	case strings.HasPrefix(content, "index\t"), strings.HasPrefix(content, "question\t"):
		return "a.tsv"
	case strings.HasPrefix(content, "video,"):
		return "a.csv"
	}
	return "a.json"
}

// publish writes the files of a fixture.
func publish(t *testing.T, l fixture) Options {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, name := range l.images {
		write("images/"+name, string(square(t)))
	}
	if err := os.MkdirAll(filepath.Join(dir, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	if beside := instances[l.name]; beside != "" {
		write("annotations/instances.json", beside)
	}
	if l.name == "nextqa-oe" {
		write("annotations/add_reference_answer_a.json", `{"4010":{"6":"for food"}}`)
	}
	o := Options{Layout: l.name, Annotations: write("annotations/"+fileName(l.annotations), l.annotations), Images: filepath.Join(dir, "images")}
	if l.name == "ai2d" || l.name == "scicap" {
		o.Annotations = filepath.Dir(o.Annotations)
	}
	if l.name == "objectnet" {
		o.Annotations = dir
		for name, content := range map[string]string{objectFolders: `{"alarm_clock":"Alarm clock","jar":"Jar"}`, objectClasses: l.annotations, imageNetNames: "digital clock\nbee\nanalog clock\n", imageNetOrder: `{"409":2,"530":0}`} {
			write("mappings/"+name, content)
		}
	}
	if l.questions != "" {
		o.Questions = write("questions.json", l.questions)
	}
	if l.classes != "" {
		o.Classes = write("classes.csv", l.classes)
	}
	return o
}

func TestRecords_PublishedLayouts(t *testing.T) {
	tested := map[string]bool{}
	for _, l := range published {
		tested[l.name] = true
		source, err := New(publish(t, l))
		if err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		to := filepath.Join(t.TempDir(), "d")
		stat, err := ingest.Run(context.Background(), source, to, ingest.Options{})
		if err != nil || stat.Rows+stat.Rejected != int64(len(l.want)) {
			t.Errorf("%s: %+v, %v", l.name, stat, err)
		}
		if got := told(t, to); !slices.Equal(got, l.want) {
			t.Errorf("%s: %q\nwant %q", l.name, got, l.want)
		}
	}
	for _, name := range Layouts() {
		if !tested[name] {
			t.Errorf("%s has no example", name)
		}
	}
}

// told lists a dataset, with an exclamation mark before rejects.
func told(t *testing.T, dir string) (lines []string) {
	t.Helper()
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, tell(s))
	}
	for r := range d.Rejects() {
		lines = append(lines, strings.Join(strings.Fields("! "+r.Key+" "+r.Reason), " "))
	}
	slices.Sort(lines)
	return lines
}

func tell(s shards.Sample) string {
	parts := []string{s.Key}
	if s.Split != "" {
		parts = append(parts, "("+s.Split+")")
	}
	parts = append(parts, fmt.Sprintf("%d images", len(s.Images)))
	for _, text := range s.Texts {
		parts = append(parts, fmt.Sprintf("%s/%s:%s", text.Kind, text.Language, text.Value))
	}
	for _, q := range s.Questions {
		parts = append(parts, fmt.Sprintf("?%s %s %s", q.ID, q.Kind, q.Text))
		for _, a := range q.Answers {
			parts = append(parts, strings.TrimSuffix("="+a.Text+"/"+a.Confidence, "/"))
		}
	}
	for _, b := range s.Boxes {
		parts = append(parts, fmt.Sprintf("[%s %.2f %.2f %.2f %.2f]", b.Label, b.Y0, b.X0, b.Y1, b.X1))
	}
	for _, name := range sortedKeys(s.Metadata) {
		parts = append(parts, name+"="+s.Metadata[name])
	}
	return strings.Join(parts, " ")
}

func TestRecords_HostileNames(t *testing.T) {
	l := fixture{name: "coco-captions", annotations: `{"images":[{"id":1,"file_name":"../../etc/passwd"},{"id":2,"file_name":"/etc/passwd"},{"id":3,"file_name":"a\u0000b"},{"id":4,"file_name":""}]}`, images: []string{"x.png"}}
	source, err := New(publish(t, l))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r := range source.Records(t.Context(), ingest.Cursor{}) {
		if n++; r.Err == nil {
			t.Errorf("%s was read", r.Sample.Key)
		}
	}
	if n != 4 {
		t.Errorf("%d records", n)
	}
}

func TestRecords_BrokenFileIsOneReject(t *testing.T) {
	for _, name := range Layouts() {
		for _, content := range []string{"", "{", "[1,2", "null", `{"data":7}`, "a,b\n\"c"} {
			l := fixture{name: name, annotations: content, images: []string{"x.png"}}
			source, err := New(publish(t, l))
			if err != nil {
				t.Fatal(err)
			}
			for r := range source.Records(t.Context(), ingest.Cursor{}) {
				if r.Err == nil && r.Sample.Key != "" {
					t.Errorf("%s made %+v of %q", name, r.Sample, content)
				}
			}
		}
	}
}
