package quickstart

import (
	"os"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/shards"
)

// picturesName is the folder of the held-out pictures as files, for captions and questions of one's own.
const picturesName = "pictures"

// APicture is one of them, a combination that training never shows.
const APicture = picturesName + "/role-cook-medium-dark-man.png"

// pictures writes the held-out pictures of one object or person each, named by their keys.
func (r *runner) pictures(data *shards.Dataset) error {
	if err := os.MkdirAll(r.path(picturesName), 0o755); err != nil {
		return err
	}
	for s, err := range data.Samples() {
		if err != nil {
			return err
		}
		if (s.Split != Splits[0] && s.Split != Splits[1]) || len(s.Images) == 0 || len(s.Texts) == 0 {
			continue
		}
		path := r.path(picturesName, s.Key+"."+s.Images[0].Format)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := atomicfile.WriteBytes(path, s.Images[0].Bytes); err != nil {
			return err
		}
	}
	return nil
}
