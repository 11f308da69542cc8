package parser

import (
	_ "embed"
	"sync"

	"pressmill/parser/boost"
)

// models choose the container of a page and its text. "parser train" makes
// them from labelled pages.
type models struct {
	container *boost.Model // of containerFeatures
	blocks    *boost.Model // of blockFeatures
}

//go:embed model/container.txt
var containerText []byte

//go:embed model/blocks.txt
var blocksText []byte

// builtIn returns the models that are part of the program.
var builtIn = sync.OnceValue(func() *models {
	return &models{container: mustParse(containerText, containerFeatures), blocks: mustParse(blocksText, blockFeatures)}
})

func mustParse(text []byte, features []string) *boost.Model {
	m, err := boost.Parse(text, features)
	if err != nil {
		panic(err)
	}
	return m
}
