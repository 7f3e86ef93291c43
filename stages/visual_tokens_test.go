package stages

import (
	"errors"
	"slices"
	"testing"
)

// testCache returns a cache of testEncoder whose pixels are all the image's number.
func testCache(t *testing.T, o VisualTokenOptions) (c *VisualTokenCache, encode func(images ...int) (tokens [][]float32, encoded []int)) {
	t.Helper()
	o.Encoder, o.Weights, o.Prefixes = testEncoder, testWeights(t), []string{"vision_model"}
	o.Height, o.Width, o.Tokens, o.TokenWidth = 4, 4, testTokens, testWidth
	c, err := NewVisualTokenCache(openBackend(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return c, func(images ...int) (tokens [][]float32, encoded []int) {
		t.Helper()
		var keys []ImageKey
		for _, image := range images {
			keys = append(keys, ImageKey{Dataset: "test", Row: image})
		}
		tokens, err := c.Encode(t.Context(), keys, func(i int, to []float32) error {
			if images[i] < 0 {
				return ErrSkipImage
			}
			encoded = append(encoded, images[i])
			for at := range to {
				to[at] = float32(images[i])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return tokens, encoded
	}
}

const testImageBytes = 4 * testTokens * testWidth

func TestVisualTokenCache_EncodesEachImageOnce(t *testing.T) {
	c, encode := testCache(t, VisualTokenOptions{Batch: 3, Limit: 1 << 20})
	tokens, encoded := encode(1, 2, 1, -7, 3, 2)
	if !slices.Equal(encoded, []int{1, 2, 3}) || c.Len() != 3 || c.Bytes() != 3*testImageBytes {
		t.Errorf("encoded %v, keeps %d images of %d bytes", encoded, c.Len(), c.Bytes())
	}
	if !slices.Equal(tokens[0], tokens[2]) || slices.Equal(tokens[0], tokens[1]) || tokens[3] != nil || len(tokens[4]) != testTokens*testWidth {
		t.Error("the tokens are not those of the images")
	}
	again, encoded := encode(3, 4, 1)
	if !slices.Equal(encoded, []int{4}) || !slices.Equal(again[0], tokens[4]) || !slices.Equal(again[2], tokens[0]) {
		t.Errorf("encoded %v", encoded)
	}
	c.Reset(c.Weights)
	if _, encoded := encode(1); c.Len() != 1 || !slices.Equal(encoded, []int{1}) {
		t.Errorf("after Reset: encoded %v, keeps %d images", encoded, c.Len())
	}
}

// TestVisualTokenCache_Limit asks for a third image where two fit, then for all three.
func TestVisualTokenCache_Limit(t *testing.T) {
	for _, c := range []struct {
		replace bool
		want    []int // encoded by the last call
	}{{false, []int{3}}, {true, []int{1, 2}}} {
		cache, encode := testCache(t, VisualTokenOptions{Limit: 2 * testImageBytes, Replace: c.replace})
		encode(1, 2)
		encode(3)
		if _, encoded := encode(1, 2, 3, 1); !slices.Equal(encoded, c.want) {
			t.Errorf("replace %v: encoded %v, want %v", c.replace, encoded, c.want)
		}
		if !c.replace && cache.Len() != 2 {
			t.Errorf("it keeps %d images, the limit is 2", cache.Len())
		}
	}
}

func TestVisualTokenCache_NamesTheImage(t *testing.T) {
	c, _ := testCache(t, VisualTokenOptions{})
	failed := errors.New("unreadable")
	_, err := c.Encode(t.Context(), []ImageKey{{Dataset: "data", Row: 7, Image: 1}}, func(int, []float32) error { return failed })
	if !errors.Is(err, failed) || err.Error() != "encoding image 1 of row 7 of data: unreadable" {
		t.Errorf("error %v", err)
	}
}
