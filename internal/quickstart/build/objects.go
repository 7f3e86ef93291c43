package main

// objectNames lists, by family, the English CLDR names of the images that stand alone: one word
// or two, countable, and each a thing that a small image shows plainly.
var objectNames = []struct {
	family string
	names  []string
}{
	{"animal", []string{"bear", "butterfly", "camel", "crab", "duck", "elephant", "flamingo", "fox", "frog",
		"giraffe", "koala", "lion", "octopus", "owl", "panda", "penguin", "rabbit", "snail", "snake", "tiger",
		"turtle", "zebra"}},
	{"food", []string{"avocado", "banana", "carrot", "cookie", "croissant", "cucumber", "cupcake", "doughnut",
		"eggplant", "hamburger", "hot dog", "lemon", "pear", "pineapple", "pizza", "pretzel", "strawberry",
		"watermelon"}},
	{"vehicle", []string{"airplane", "bicycle", "bus", "fire engine", "helicopter", "motorcycle", "rocket",
		"sailboat", "taxi", "tractor"}},
	{"face", []string{"angry face", "clown face", "cowboy hat face", "crying face", "grinning face",
		"melting face", "nerd face", "partying face", "sleeping face", "winking face"}},
	{"instrument", []string{"accordion", "banjo", "drum", "guitar", "saxophone", "trumpet", "violin"}},
	{"moon", []string{"first quarter moon", "full moon", "last quarter moon", "new moon", "waning crescent moon",
		"waning gibbous moon", "waxing crescent moon", "waxing gibbous moon"}},
	{"flag", []string{"flag: Brazil", "flag: Canada", "flag: China", "flag: Germany", "flag: India", "flag: Jamaica",
		"flag: Japan"}},
}

// handNames are the English names, without a tone, of the hands chosen: each exists in every tone.
var handNames = []string{"OK hand", "backhand index pointing down", "backhand index pointing left",
	"backhand index pointing right", "backhand index pointing up", "call me hand", "raised fist", "thumbs down",
	"thumbs up", "victory hand", "writing hand"}

// shapeColors and shapeNames span the coloured shapes: those that Unicode has are taken.
var (
	shapeNames  = []string{"book", "circle", "heart", "square"}
	shapeColors = []string{"black", "blue", "brown", "green", "grey", "light blue", "orange", "pink", "purple", "red",
		"white", "yellow"}
)
