package webli

import (
	"crypto/sha256"

	"github.com/pali3/pali3/internal/imageprint"
)

// groups are the disjoint sets of samples that are kept in one split (union-find with path halving;
// Tarjan 1975). The root of a set is its first sample.
type groups struct{ parent []int32 }

func newGroups(n int) *groups {
	g := &groups{make([]int32, n)}
	for i := range g.parent {
		g.parent[i] = int32(i)
	}
	return g
}

func (g *groups) root(i int32) int32 {
	for g.parent[i] != i {
		g.parent[i] = g.parent[g.parent[i]]
		i = g.parent[i]
	}
	return i
}

func (g *groups) join(i, j int32) {
	i, j = g.root(i), g.root(j)
	g.parent[max(i, j)] = min(i, j)
}

// groupMembers joins the samples with the same value. If the config keeps near duplicates together,
// it also joins samples that share an image, samples whose images look alike, and samples without
// images whose words are the same.
func groupMembers(members []*member, config SplitConfig) *groups {
	g := newGroups(len(members))
	if config.By != byKey {
		joinEqual(g, members, func(m *member) [][sha256.Size]byte { return [][sha256.Size]byte{m.hash} })
	}
	if config.KeepTogether == "" {
		return g
	}
	joinEqual(g, members, func(m *member) [][sha256.Size]byte { return m.sums })
	joinEqual(g, members, func(m *member) []uint64 {
		if m.words == 0 {
			return nil
		}
		return []uint64{m.words}
	})
	joinAlike(g, members, config.Near)
	return g
}

// joinEqual joins members that have a value in common.
func joinEqual[T comparable](g *groups, members []*member, values func(*member) []T) {
	first := map[T]int32{}
	for i, m := range members {
		for _, v := range values(m) {
			if j, seen := first[v]; seen {
				g.join(int32(i), j)
			} else {
				first[v] = int32(i)
			}
		}
	}
}

// joinAlike joins members that have near-duplicate images. Images that look exactly the same are
// compared with others once.
func joinAlike(g *groups, members []*member, near NearDuplicate) {
	index := imageprint.NewIndex[int32](imageprint.Near(near))
	first := map[imageprint.Look]int32{} // of opaque images
	for i, m := range members {
		for _, f := range m.prints {
			if f.OnBlack == nil {
				if j, seen := first[f.Look]; seen {
					g.join(int32(i), j)
					continue
				}
				first[f.Look] = int32(i)
			}
			root := g.root(int32(i))
			index.Each(f, func(j int32) bool { return g.root(j) != root }, func(j int32) {
				g.join(root, j)
				root = g.root(root)
			})
			index.Add(f, int32(i))
		}
	}
}
