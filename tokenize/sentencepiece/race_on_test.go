//go:build race

package sentencepiece

const raceDetector = true // which makes a sync.Pool forget at random
