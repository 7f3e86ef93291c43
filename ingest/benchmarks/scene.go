package benchmarks

// Scene is what people marked in an image.
type Scene struct {
	Height, Width int // of the image in pixels; 0 if the files do not say it
	// Categories are those of the file, the same slice for all its scenes.
	Categories []Category
	Regions    []Region
	// Absent are the categories that the image is known not to show, and Incomplete those of which
	// not all objects are marked, as indices into Categories. LVIS has them.
	Absent, Incomplete []int32
}

// Category is a kind of object.
type Category struct {
	ID, Name  string
	Frequency string // in LVIS "r" for rare, "c" for common, "f" for frequent
}

// Region is a marked object.
type Region struct {
	ID       string
	Category int32 // index into [Scene.Categories]
	// Box is left, top, width and height in pixels.
	Box [4]float64
	// Area is the object's in pixels; NaN if the file does not give it.
	Area float64
	// Crowd marks a group of objects, and Ignore an object that does not count.
	Crowd, Ignore bool
	// Outline describes the pixels of the object; nil if the file does not give it.
	Outline *Outline
}
