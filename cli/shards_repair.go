package cli

import (
	"fmt"

	"github.com/pali3/pali3/shards"
)

type shardsRepair struct {
	Dataset         string   `arg:"" help:"Dataset folder."`
	RebuildManifest bool     `help:"Rebuild the manifest from the parts in the folder."`
	Drop            []string `help:"Remove these parts from the dataset and move them to its folder dropped." placeholder:"PART"`
	JSON            bool     `help:"Print the new totals as one JSON object."`
}

func (c shardsRepair) Run(con *console) error {
	if !c.RebuildManifest && len(c.Drop) == 0 {
		return fmt.Errorf("nothing to do: use --rebuild-manifest or --drop PART; `%s shards verify` lists the problems", con.program.Name)
	}
	lock, err := lockFor(c.Dataset)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	totals, err := shards.Repair(c.Dataset, shards.RepairOptions{Rebuild: c.RebuildManifest, Drop: c.Drop})
	if err != nil {
		return err
	}
	return con.printStat(totals, c.JSON)
}
