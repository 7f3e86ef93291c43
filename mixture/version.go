package mixture

import (
	"cmp"
	"fmt"

	"github.com/pali3/pali3/mixture/internal/schedule"
	"github.com/pali3/pali3/mixture/internal/schedule/version2"
)

// NewestStreamVersion is the order of examples of a recipe that states no stream_version.
const NewestStreamVersion = 3

// chooser says which task the example at a position of the stream belongs to, and how many of that
// task's examples come before it. It is a function of the position alone. Safe for concurrent use.
type chooser interface {
	At(position int) (task, before int, err error)
	// End returns the number of examples in the stream, or endless.
	End() int
}

// streamVersion is an order of examples. A version never changes: runs that began with it resume
// with it.
type streamVersion struct {
	number int
	// schedule returns the turns of a plan; nil in version 1, which has no plans.
	schedule func(schedule.Plan) (chooser, error)
}

// streamVersions lists all versions, oldest first:
//
//	1  mix.go             a random order of 4,096 slots, drawn again for each block
//	2  schedule/version2  each task's count is within about one of its share after any number of
//	                      examples, and within a few in a curriculum or where tasks end
//	3  schedule           each task's count is within one of its share after any number of examples;
//	                      solved examples of kind match say no, too (fewshot.go)
//
// The order of a task's samples (order.go) is the same in all, and so are streams of one task.
var streamVersions = []streamVersion{
	{1, nil},
	{2, func(p schedule.Plan) (chooser, error) { return version2.New(p) }},
	{3, func(p schedule.Plan) (chooser, error) { return schedule.New(p) }},
}

// choose returns the chooser of a stream whose tasks are open.
func (v streamVersion) choose(s *Stream) (chooser, error) {
	if v.schedule == nil {
		return newMix(s.recipe.Seed, s.weights), nil
	}
	p, err := s.plan()
	if err != nil {
		return nil, err
	}
	made, err := v.schedule(p)
	if err != nil {
		return nil, fmt.Errorf("recipe: tasks: %w", err)
	}
	return made, nil
}

// version returns the recipe's stream version.
func (r *Recipe) version() streamVersion {
	if r.StreamVersion == 0 {
		return streamVersions[NewestStreamVersion-1]
	}
	return streamVersions[r.StreamVersion-1]
}

// since reports whether the recipe's stream version is that one or a newer one.
func (r *Recipe) since(version int) bool {
	return cmp.Or(r.StreamVersion, NewestStreamVersion) >= version
}

// checkVersion returns an error for a version that there is not.
func (r *Recipe) checkVersion() error {
	if r.StreamVersion < 0 || r.StreamVersion > len(streamVersions) {
		return fmt.Errorf("stream_version: %d; this program knows versions 1 to %d, and 0 for the newest", r.StreamVersion, len(streamVersions))
	}
	return nil
}
