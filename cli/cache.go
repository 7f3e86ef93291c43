package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pali3/pali3/internal/tokencache"
)

// cacheCommand holds the commands about visual tokens on disk.
type cacheCommand struct {
	Fill   cacheFill   `cmd:"" help:"Encode the images of a recipe, or of a dataset with a trained model, ahead."`
	List   cacheList   `cmd:"" help:"List whose tokens a cache holds."`
	Verify cacheVerify `cmd:"" help:"Check every checksum, and repair with --repair."`
	Remove cacheRemove `cmd:"" help:"Remove the tokens of an image encoder."`
}

const cacheHelp = "Folder of visual tokens, such as a recipe's visual_tokens."

type cacheList struct {
	Dir  string `arg:"" help:"${cache}"`
	JSON bool   `help:"Print one JSON object."`
}

// cacheContent is what list prints as JSON.
type cacheContent struct {
	Sets     []tokencache.Stored  `json:"sets"`
	Problems []tokencache.Problem `json:"problems"`
}

func (c cacheList) Run(con *console) error {
	all, others, err := tokencache.List(c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		if all == nil {
			all = []tokencache.Stored{}
		}
		return con.printJSON(cacheContent{all, append([]tokencache.Problem{}, others...)})
	}
	if len(all) == 0 {
		con.printf("no tokens in %s\n", c.Dir)
	}
	for _, s := range all {
		con.printStored(s)
		others = append(others, s.Problems...)
	}
	for _, p := range others {
		con.warn(p.String())
	}
	return nil
}

// printStored describes the tokens of a key.
func (con *console) printStored(s tokencache.Stored) {
	k := s.Key
	con.printf("%s  %s, %s, %s, written %s\n", s.ID[:12], plural(s.Images, "image"), inBytes(s.Bytes), plural(s.Parts, "part"), partTime(s.Modified))
	if k.Version == 0 {
		return // its key cannot be read
	}
	what := fmt.Sprintf("%d tokens of width %d", k.Tokens, k.Width)
	if k.Of == "embedding" {
		what = fmt.Sprintf("an embedding of width %d", k.Width)
	}
	if k.SequenceLength > 0 {
		what += fmt.Sprintf(", at most %d patches", k.SequenceLength)
	}
	con.printf("  %-8s %s, by the backend %s\n  %-8s %s\n  %-8s sha256 %.12s\n  %-8s %s\n", "of each", what, k.Backend, "ops", k.Ops, "weights", k.Weights, "config", compact(k.Config))
}

// compact returns JSON without spaces.
func compact(text []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return string(text)
	}
	return b.String()
}

// partTime says when a part was written.
func partTime(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format("2006-01-02 15:04")
}

type cacheVerify struct {
	Dir    string `arg:"" help:"${cache}"`
	Repair bool   `help:"Remove damaged parts, but for the images in them that are whole, and what killed processes left."`
	JSON   bool   `help:"Print one JSON object."`
}

func (c cacheVerify) Run(con *console) error {
	v, err := tokencache.Verify(con.ctx, c.Dir, c.Repair)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := con.printJSON(v); err != nil {
			return err
		}
	} else {
		for _, p := range v.Problems {
			con.println(p)
		}
		con.printf("%s in %s, %d of them twice\n", plural(v.Images, "image"), inBytes(v.Bytes), v.Doubled)
		if c.Repair {
			con.printf("removed %s, and kept %s of them\n", plural(v.Removed, "file"), plural(v.Rescued, "image"))
		}
	}
	if n := len(v.Problems); n > 0 && !c.Repair {
		return fmt.Errorf("%s: %s; --repair removes what is damaged", c.Dir, plural(n, "problem"))
	}
	if !c.JSON && v.OK {
		con.println("ok")
	}
	return nil
}

type cacheRemove struct {
	Dir  string   `arg:"" help:"${cache}"`
	IDs  []string `arg:"" optional:"" name:"id" help:"Beginnings of the IDs that list shows."`
	All  bool     `help:"Remove the tokens of all."`
	JSON bool     `help:"Print one JSON list of what was removed."`
}

func (c cacheRemove) Run(con *console) error {
	if c.All == (len(c.IDs) > 0) {
		return errors.New("name the IDs to remove, as pali3 cache list shows them, or --all")
	}
	if c.All {
		all, _, err := tokencache.List(c.Dir)
		if err != nil {
			return err
		}
		for _, s := range all {
			c.IDs = append(c.IDs, s.ID)
		}
	}
	removed, err := tokencache.Remove(c.Dir, c.IDs)
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(append([]tokencache.Stored{}, removed...))
	}
	for _, s := range removed {
		con.printf("removed %s: %s, %s\n", s.ID[:12], plural(s.Images, "image"), inBytes(s.Bytes))
	}
	return nil
}
