package cli

import (
	"context"
	"fmt"
	"reflect"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/ingest"
)

// A Source adds a command `ingest NAME` to a [Program].
type Source struct {
	Name string // of the command
	Help string // one sentence that begins with a verb
	// Flags returns a pointer to a struct whose fields are the arguments and flags of the command,
	// with the tags of github.com/alecthomas/kong. The command also has the flags of all sources,
	// such as --to.
	Flags func() SourceFlags
	// Examples are command lines for the command's help.
	Examples []string
}

// SourceFlags are the parsed arguments and flags of a [Source].
type SourceFlags interface {
	// Open opens the source. An error ends the command.
	Open(context.Context) (ingest.Source, error)
}

// ingestOwn is the command of a Source.
type ingestOwn struct {
	Flags kong.Plugins `embed:""` // its SourceFlags
	languageFlag
	ingestFlags
}

func (c ingestOwn) Run(ctx context.Context, con *console) error {
	source, err := c.Flags[0].(SourceFlags).Open(ctx)
	if err != nil {
		return err
	}
	return c.run(ctx, con, source, c.Language)
}

// ownSources makes one command per source.
func ownSources(sources []Source) (all kong.Plugins, err error) {
	for _, s := range sources {
		if s.Name == "" || s.Flags == nil {
			return nil, fmt.Errorf("source %q: a source has a Name and Flags", s.Name)
		}
		// kong takes a command from the field of a struct, its name and help from the field's tag.
		command := ingestOwn{Flags: kong.Plugins{s.Flags()}}
		holder := reflect.New(reflect.StructOf([]reflect.StructField{{
			Name: "Command", Type: reflect.TypeOf(command), Tag: reflect.StructTag(fmt.Sprintf(`cmd:"" name:%q help:%q`, s.Name, s.Help)),
		}}))
		holder.Elem().Field(0).Set(reflect.ValueOf(command))
		all = append(all, holder.Interface())
	}
	return all, nil
}
