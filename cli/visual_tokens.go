package cli

import (
	"fmt"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/stages"
)

// modelFlags are those of commands that use a trained model on images.
type modelFlags struct {
	VisualTokens string `placeholder:"DIR" help:"Folder that keeps visual tokens on disk, in bfloat16, for later commands and runs with the same image encoder; default that of the run's recipe, if it has one."`
	backendFlag
}

// openRun opens a backend, the folder of a trained model, and its folder of visual tokens, which is
// closed when the command ends.
func (f modelFlags) openRun(dir string, con *console) (compute.Backend, *stages.Trained, error) {
	be, trained, err := openRun(dir, f.backendFlag, con)
	if err == nil {
		err = con.keepTokens(trained, f.VisualTokens)
	}
	return be, trained, err
}

// keepTokens opens the folder of a model's visual tokens: that of the flag, or else of its run.
func (con *console) keepTokens(trained *stages.Trained, dir string) (err error) {
	if dir != "" {
		trained.VisualTokens, err = stages.OpenVisualTokenFolder(dir, 0)
	} else {
		err = trained.OpenVisualTokens()
	}
	if err != nil {
		return err
	}
	kept := trained.VisualTokens
	if kept == nil {
		if was := trained.Recipe.VisualTokens; was != "" {
			con.info(fmt.Sprintf("the run kept visual tokens in %s, which is not there: images are encoded, and nothing is kept", was))
		}
		return nil
	}
	con.closeTokens(kept)
	return nil
}

// closeTokens closes a folder of visual tokens when the command ends, and says what it was used
// for.
func (con *console) closeTokens(kept *stages.VisualTokenFolder) {
	con.atEnd = append(con.atEnd, func() {
		problems := kept.CloseAndReport()
		con.info("visual tokens: " + kept.String())
		for _, problem := range problems {
			con.warn(problem)
		}
	})
}
