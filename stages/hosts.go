package stages

import "fmt"

// hostsFrom says how many hosts made the batches of a run from a step on.
type hostsFrom struct {
	Step  int `json:"step"`
	Hosts int `json:"hosts"`
}

// hosts returns the number of hosts that make the batches: that of the training, or else that of
// its stream.
func (t *Training) hosts() int {
	if t.Hosts > 0 {
		return t.Hosts
	}
	if divided, is := t.Stream.(interface{ Hosts() int }); is {
		return max(divided.Hosts(), 1)
	}
	return 1
}

// hostsOf returns the history of a run that goes on at a step with a number of hosts, and a note if
// the number changes. A history of one host alone is nil.
func hostsOf(history []hostsFrom, step, hosts int) (all []hostsFrom, note string) {
	before := 1
	for len(history) > 0 && history[len(history)-1].Step >= step {
		history = history[:len(history)-1]
	}
	if len(history) > 0 {
		before = history[len(history)-1].Hosts
	}
	if hosts == before {
		return history, ""
	}
	if step > 0 {
		note = fmt.Sprintf("hosts: %d from step %d on (%d before); the batches are the same", hosts, step, before)
	}
	if len(history) == 0 && step > 0 {
		history = []hostsFrom{{0, 1}}
	}
	return append(history[:len(history):len(history)], hostsFrom{step, hosts}), note
}
