package main

import (
	"fmt"
	"strings"
)

// Kinds of question.
const (
	kindGender    = "gender"     // of a person: woman, man or person
	kindTone      = "skin_tone"  // of a person or a hand: one of tones
	kindRole      = "role"       // of a person: firefighter
	kindObject    = "object"     // what is shown: tiger, thumbs up, red heart
	kindFamily    = "family"     // person, hand, clock, ...
	kindColor     = "color"      // of a shape
	kindTime      = "time"       // of a clock
	kindPresence  = "presence"   // is there a firefighter? yes or no
	kindAttribute = "attribute"  // is it a woman? is the skin tone dark? yes or no
	kindName      = "name"       // is this its full name? yes or no
	kindCount     = "count"      // of the images on a sheet
	kindCountOf   = "count_kind" // of the women or men on a sheet
	kindPosition  = "position"   // what is in a corner of a sheet
	kindWhich     = "which"      // which of three are on a sheet
)

// questionLanguages are the languages that questions are asked in. English comes twice as often as
// each other.
var questionLanguages = []string{"en", "en", "de", "es", "fr", "ru", "hi", "zh", "ja"}

// templates are the texts of the questions, by kind (and what it asks for) and language. CLDR's
// name in the same language replaces %s. Names are in quotation marks because they are not
// inflected. All texts are short: with their names most have fewer than twenty tokens.
var templates = map[string]map[string]string{
	kindGender: {
		"en": "A man, a woman or a person?",
		"de": "Mann, Frau oder Person?",
		"es": "¿Hombre, mujer o persona?",
		"fr": "Homme, femme ou personne ?",
		"ru": "Мужчина, женщина или человек?",
		"hi": "पुरुष, महिला या व्यक्ति?",
		"zh": "男人、女人还是人？",
		"ja": "男性、女性、人のどれですか？",
	},
	kindTone: {
		"en": "What is the skin tone?",
		"de": "Welche Hautfarbe ist das?",
		"es": "¿Cuál es el tono de piel?",
		"fr": "Quelle est la couleur de peau ?",
		"ru": "Какой тон кожи?",
		"hi": "त्वचा का रंग क्या है?",
		"zh": "这是什么肤色？",
		"ja": "肌の色は何ですか？",
	},
	kindRole: {
		"en": "Who is in the image?",
		"de": "Wer ist das?",
		"es": "¿Quién es?",
		"fr": "Qui est-ce ?",
		"ru": "Кто это?",
		"hi": "यह कौन है?",
		"zh": "这是谁？",
		"ja": "これは誰ですか？",
	},
	kindObject: {
		"en": "What is in the image?",
		"de": "Was ist zu sehen?",
		"es": "¿Qué se ve?",
		"fr": "Que voit-on ?",
		"ru": "Что на картинке?",
		"hi": "चित्र में क्या है?",
		"zh": "图中有什么？",
		"ja": "何が写っていますか？",
	},
	kindFamily: {
		"en": "Which category is this?",
		"de": "Welche Kategorie ist das?",
		"es": "¿Qué categoría es?",
		"fr": "Quelle catégorie est-ce ?",
		"ru": "Какая это категория?",
		"hi": "यह किस श्रेणी का है?",
		"zh": "这属于哪一类？",
		"ja": "カテゴリーは何ですか？",
	},
	kindColor: {
		"en": "What color is it?",
		"de": "Welche Farbe hat es?",
		"es": "¿De qué color es?",
		"fr": "De quelle couleur est-ce ?",
		"ru": "Какого это цвета?",
		"hi": "यह किस रंग का है?",
		"zh": "这是什么颜色？",
		"ja": "何色ですか？",
	},
	kindTime: {
		"en": "What time is it?",
		"de": "Wie spät ist es?",
		"es": "¿Qué hora es?",
		"fr": "Quelle heure est-il ?",
		"ru": "Который час?",
		"hi": "कितने बजे हैं?",
		"zh": "现在几点？",
		"ja": "何時ですか？",
	},
	kindPresence: {
		"en": "Is there %s in the image?",
		"de": "Ist „%s“ zu sehen?",
		"es": "¿Se ve «%s»?",
		"fr": "Voit-on « %s » ?",
		"ru": "Есть ли здесь «%s»?",
		"hi": "क्या यहाँ “%s” है?",
		"zh": "图中有“%s”吗？",
		"ja": "「%s」が写っていますか？",
	},
	kindName: {
		"en": "Is this “%s”?",
		"de": "Ist das „%s“?",
		"es": "¿Es esto «%s»?",
		"fr": "Est-ce « %s » ?",
		"ru": "Это «%s»?",
		"hi": "क्या यह “%s” है?",
		"zh": "这是“%s”吗？",
		"ja": "これは「%s」ですか？",
	},
	kindCount: {
		"en": "How many pictures are there?",
		"de": "Wie viele Bilder sind zu sehen?",
		"es": "¿Cuántos dibujos hay?",
		"fr": "Combien de dessins ?",
		"ru": "Сколько здесь картинок?",
		"hi": "कितने चित्र हैं?",
		"zh": "有几个图案？",
		"ja": "絵はいくつありますか？",
	},
	kindCountOf + " woman": {
		"en": "How many women are there?",
		"de": "Wie viele Frauen sind zu sehen?",
		"es": "¿Cuántas mujeres hay?",
		"fr": "Combien de femmes ?",
		"ru": "Сколько здесь женщин?",
		"hi": "कितनी महिलाएँ हैं?",
		"zh": "有几位女性？",
		"ja": "女性は何人いますか？",
	},
	kindCountOf + " man": {
		"en": "How many men are there?",
		"de": "Wie viele Männer sind zu sehen?",
		"es": "¿Cuántos hombres hay?",
		"fr": "Combien d'hommes ?",
		"ru": "Сколько здесь мужчин?",
		"hi": "कितने पुरुष हैं?",
		"zh": "有几位男性？",
		"ja": "男性は何人いますか？",
	},
	kindPosition + " top_left": {
		"en": "What is at the top left?",
		"de": "Was ist oben links?",
		"es": "¿Qué hay arriba a la izquierda?",
		"fr": "Que voit-on en haut à gauche ?",
		"ru": "Что слева вверху?",
		"hi": "ऊपर बाईं ओर क्या है?",
		"zh": "左上角是什么？",
		"ja": "左上にあるのは何ですか？",
	},
	kindPosition + " top_right": {
		"en": "What is at the top right?",
		"de": "Was ist oben rechts?",
		"es": "¿Qué hay arriba a la derecha?",
		"fr": "Que voit-on en haut à droite ?",
		"ru": "Что справа вверху?",
		"hi": "ऊपर दाईं ओर क्या है?",
		"zh": "右上角是什么？",
		"ja": "右上にあるのは何ですか？",
	},
	kindPosition + " bottom_left": {
		"en": "What is at the bottom left?",
		"de": "Was ist unten links?",
		"es": "¿Qué hay abajo a la izquierda?",
		"fr": "Que voit-on en bas à gauche ?",
		"ru": "Что слева внизу?",
		"hi": "नीचे बाईं ओर क्या है?",
		"zh": "左下角是什么？",
		"ja": "左下にあるのは何ですか？",
	},
	kindPosition + " bottom_right": {
		"en": "What is at the bottom right?",
		"de": "Was ist unten rechts?",
		"es": "¿Qué hay abajo a la derecha?",
		"fr": "Que voit-on en bas à droite ?",
		"ru": "Что справа внизу?",
		"hi": "नीचे दाईं ओर क्या है?",
		"zh": "右下角是什么？",
		"ja": "右下にあるのは何ですか？",
	},
	kindWhich: {
		"en": "Which of %s are in the image?",
		"de": "Was davon ist zu sehen: %s?",
		"es": "¿Cuáles se ven: %s?",
		"fr": "Lesquels voit-on : %s ?",
		"ru": "Что здесь есть: %s?",
		"hi": "इनमें से क्या है: %s?",
		"zh": "图中有哪些：%s？",
		"ja": "どれが写っていますか：%s？",
	},
}

// ask puts a name, or several separated by commas, into the question of a kind. In English the name
// of a thing that is or is not there has its article.
func ask(kind, language, name string) string {
	template := templates[kind][language]
	if !strings.Contains(template, "%s") {
		return template
	}
	if kind == kindPresence && language == "en" {
		name = article(name)
	}
	return fmt.Sprintf(template, name)
}

// askAttribute asks whether a person is a woman or a man, or whether the skin has a tone. Languages
// other than English ask for CLDR's own words, for example « peau foncée ».
func askAttribute(language, value, word string) string {
	switch {
	case language != "en":
		return ask(kindPresence, language, word)
	case value == "woman" || value == "man":
		return "Is it a " + value + "?"
	}
	return "Is the skin tone " + value + "?"
}

// article puts a or an before an English noun.
func article(noun string) string {
	if strings.ContainsRune("aeioAEIO", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
