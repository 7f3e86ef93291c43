package main

import "testing"

func TestRun_RejectsTooFewMinutes(t *testing.T) {
	if err := run(t.Context(), t.TempDir(), 80, 1e-6); err == nil {
		t.Error("a millionth of a minute was enough")
	}
}
