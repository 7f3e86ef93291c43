// Package evalsuite scores models on benchmarks and reports what it found.
//
// It owns benchmarks, baselines, intervals and reports; its metrics package holds the pure functions.
// It trains nothing.
package evalsuite
