//go:build !race

package sentencepiece

const raceDetector = false
