package mixture

import "fmt"

// NewestStreamVersion is the order of examples of a recipe that states no stream_version.
const NewestStreamVersion = 3

// chooser says which task the example at a position of the stream belongs to, and how many of that
// task's examples come before it. It is a function of the position alone. Safe for concurrent use.
type chooser interface {
	at(position int) (task, before int, err error)
	// end returns the number of examples in the stream, or endless.
	end() int
}

// streamVersion is an order of examples. A version never changes: runs that began with it resume
// with it.
type streamVersion struct {
	number int
	// choose returns the chooser of a stream whose tasks are open.
	choose func(*Stream) (chooser, error)
}

// streamVersions lists all versions, oldest first:
//
//	1  mix.go       a random order of 4,096 slots, drawn again for each block
//	2  balanced.go  each task's count is within one of its share after any number of examples
//	3  balanced.go  as 2; in a curriculum, what tasks that lose their share have had too many or too
//	                few is made up by all others rather than by the smallest; tasks that end at once
//	                have no example more than their epochs
//
// The order of a task's samples (order.go) is the same in all, and so are streams of one task.
// Without a curriculum or epochs, 3 is 2.
var streamVersions = []streamVersion{
	{1, func(s *Stream) (chooser, error) { return newMix(s.recipe.Seed, s.weights), nil }},
	{2, func(s *Stream) (chooser, error) { return s.newBalanced(false) }},
	{3, func(s *Stream) (chooser, error) { return s.newBalanced(true) }},
}

// version returns the recipe's stream version.
func (r *Recipe) version() streamVersion {
	if r.StreamVersion == 0 {
		return streamVersions[NewestStreamVersion-1]
	}
	return streamVersions[r.StreamVersion-1]
}

// checkVersion returns an error for a version that there is not.
func (r *Recipe) checkVersion() error {
	if r.StreamVersion < 0 || r.StreamVersion > len(streamVersions) {
		return fmt.Errorf("stream_version: %d; this program knows versions 1 to %d, and 0 for the newest", r.StreamVersion, len(streamVersions))
	}
	return nil
}
