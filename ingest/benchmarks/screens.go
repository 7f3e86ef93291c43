package benchmarks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// readScreen2Words reads screen_summaries.csv: each row has a summary of a screen of Rico, five
// rows for each screen.
var readScreen2Words = byImage(func(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for row, err := range csvRows(ctx, o.Annotations, "screenId", "summary") {
			id := row.field("screenId")
			i := about(id, openImagesNames(id)...)
			if err == nil {
				i.say("en", words{text: row.field("summary"), given: true}, fmt.Sprintf("%s: line %d", id, row.line))
			}
			if err = i.checked(err); err == errNoKey {
				err = fmt.Errorf("line %d: no screenId", row.line)
			}
			if !yield(i, err) {
				return
			}
		}
	}
})

// readWidgetCap reads widget_captions.csv: each row has a widget of a screen with captions
// separated by |. Where Rico's view hierarchies (SCREEN.json) lie beside the images, the sample has
// the widget's box. The split is that of the owner's lists of screens, train.txt, dev.txt and
// test.txt, where they lie beside the file or in its folder split.
func readWidgetCap(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		screens, err := newRicoScreens(o)
		if err != nil {
			yield(item{}, err)
			return
		}
		defer screens.close()
		for row, err := range csvRows(ctx, o.Annotations, "screenId", "nodeId", "captions") {
			id, node := row.field("screenId"), row.field("nodeId")
			if err == nil && id == "" {
				err = fmt.Errorf("line %d: no screenId", row.line)
			}
			i := about(id+"#"+node, openImagesNames(id)...)
			i.sample.Metadata = map[string]string{"node": node}
			i.sample.Split = screens.splits[id]
			for text := range strings.SplitSeq(row.field("captions"), "|") {
				if strings.TrimSpace(text) != "" {
					i.sample.Texts = append(i.sample.Texts, caption("en", text))
				}
			}
			if err == nil && len(i.sample.Texts) == 0 {
				i.leave(shards.LeftText, "%s: line %d: no captions", i.sample.Key, row.line)
			}
			if err == nil {
				screens.mark(&i, id, node)
			}
			if err != nil {
				i = item{}
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// ricoCanvas is the height of Rico's canvas, in whose units the bounds of nodes are.
const ricoCanvas = 2560

// ricoScreens reads what lies beside the screens of Rico.
type ricoScreens struct {
	splits map[string]string // by screen
	images *os.Root          // nil if there is no folder of images
	any    bool              // a hierarchy was found
	id     string            // of the screen that was read last
	root   *ricoNode
	err    error
}

// ricoNode is a node of a view hierarchy.
type ricoNode struct {
	Bounds   []float64   `json:"bounds"` // left, top, right, bottom
	Children []*ricoNode `json:"children"`
}

func newRicoScreens(o Options) (s *ricoScreens, err error) {
	s = &ricoScreens{splits: map[string]string{}}
	dir := filepath.Dir(o.Annotations)
	for _, split := range []string{"train", "dev", "test"} {
		for _, path := range []string{filepath.Join(dir, "split", split+".txt"), filepath.Join(dir, split+".txt")} {
			content, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			for id := range strings.FieldsSeq(string(content)) {
				s.splits[id] = split
			}
			break
		}
	}
	if o.Images != "" && !o.withoutImages {
		if s.images, err = os.OpenRoot(o.Images); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *ricoScreens) close() {
	if s.images != nil {
		s.images.Close()
	}
}

// mark adds the box of a node, or leaves it out. Without any hierarchy there are no boxes.
func (s *ricoScreens) mark(i *item, id, node string) {
	if s.images == nil {
		return
	}
	if s.id != id {
		s.id = id
		s.root, s.err = s.read(id)
	}
	if errors.Is(s.err, fs.ErrNotExist) && !s.any {
		return
	}
	s.any = true
	at, err := s.root, s.err
	if err == nil {
		at, err = s.root.find(node)
	}
	if err != nil {
		i.leave(shards.LeftBox, "%s: %v", i.sample.Key, err)
		return
	}
	b := at.Bounds
	i.mark(box{Label: "widget", X: b[0], Y: b[1], Width: b[2] - b[0], Height: b[3] - b[1], Canvas: ricoCanvas}, i.sample.Key)
}

// maxHierarchy bounds the file of a view hierarchy.
const maxHierarchy = 64 << 20

// read reads the view hierarchy of a screen.
func (s *ricoScreens) read(id string) (*ricoNode, error) {
	f, err := s.images.Open(id + ".json")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxHierarchy+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxHierarchy {
		return nil, fmt.Errorf("%s.json has more than %d bytes", id, maxHierarchy)
	}
	var screen struct {
		Activity struct {
			Root *ricoNode `json:"root"`
		} `json:"activity"`
	}
	if err := json.Unmarshal(content, &screen); err != nil {
		return nil, fmt.Errorf("%s.json: %w", id, jsonerr.Explain(err))
	}
	if screen.Activity.Root == nil {
		return nil, fmt.Errorf("%s.json has no activity.root", id)
	}
	return screen.Activity.Root, nil
}

// find returns a node by its path, such as 0.1.3: the root, its second child, the fourth of that
// one (big_vision, datasets/widgetcap/widgetcap.py).
func (n *ricoNode) find(path string) (*ricoNode, error) {
	_, rest, _ := strings.Cut(path, ".")
	for part := range strings.SplitSeq(rest, ".") {
		if rest == "" {
			break
		}
		at, err := strconv.Atoi(part)
		if err != nil || at < 0 || at >= len(n.Children) || n.Children[at] == nil {
			return nil, fmt.Errorf("the hierarchy has no node %s", path)
		}
		n = n.Children[at]
	}
	if len(n.Bounds) != 4 {
		return nil, fmt.Errorf("node %s has %d bounds, want 4", path, len(n.Bounds))
	}
	return n, nil
}
