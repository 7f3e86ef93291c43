package detection

// Box is left, top, width and height in pixels, as COCO has it.
type Box [4]float64

// Area returns width times height.
func (b Box) Area() float64 { return b[2] * b[3] }

// BoxIoU returns the intersection of two boxes over their union, or over the detection's area if
// the truth is a crowd (maskApi.c, bbIou). (Products are rounded before they are added, so that
// every processor computes the same.)
func BoxIoU(detected, truth Box, crowd bool) float64 {
	width := min(detected[2]+detected[0], truth[2]+truth[0]) - max(detected[0], truth[0])
	if width <= 0 {
		return 0
	}
	height := min(detected[3]+detected[1], truth[3]+truth[1]) - max(detected[1], truth[1])
	if height <= 0 {
		return 0
	}
	both := float64(width * height)
	area := float64(detected[2] * detected[3])
	if crowd {
		return both / area
	}
	return both / (area + float64(truth[2]*truth[3]) - both)
}
