package metrics

import (
	"regexp"
	"strings"
)

// ptbRule is one kind of token of the Penn Treebank tokenizer.
type ptbRule struct {
	token string // what it looks like
	after string // what must follow it without belonging to it; counts for which match is longest
	// write says how the token is written and how many bytes of it are read; nil keeps it whole.
	write func(text string) (token string, read int)
}

// ptbRules are the rules of Stanford's PTBTokenizer 3.4.1 in its default options (its grammar
// PTBLexer.flex was read for them), less what -lowerCase and the removal of punctuation make
// invisible: where that tokenizer gives a sentence-ending abbreviation a period of its own, none is
// written here. The longest match wins, the first rule among equals. Letter case counts inside
// brackets only.
var ptbRules = []ptbRule{
	// Words that the treebank splits.
	{token: `(?i:c)\+\+|(?i:[cf])#`},
	{token: `(?i:cannot)`, write: unread(3)},
	{token: `(?i:'twas)`, write: unread(3)},
	{token: `(?i:'tis)`, write: unread(2)},
	{token: `(?i:gonna|gotta|lemme|gimme|wanna)`, write: unread(2)},

	// Markup.
	{token: `{SGML}`, write: protectSpaces},
	{token: `&(?i:md|mdash|ndash);|[\x{96}\x{97}\x{2013}-\x{2015}]`, write: always("--")},
	{token: `{AMP}`, write: plainAmpersand},
	{token: `&(?i:ht|tl|ur|lr|qc|ql|qr|odq|cdq|#[0-9]+);`},

	// Words.
	{token: `{WORD}`, after: `{CLITIC}`, write: dropSoftHyphens},
	{token: `[A-Za-z\x{AD}]*[A-MO-Za-mo-z]\x{AD}*`, after: `{NOT}`, write: dropSoftHyphens},
	{token: `{WORD}`, write: dropSoftHyphens},
	{token: `{APOSTROPHEWORD}`},
	{token: `(?i:y){APOS}`, after: `{ALPHA}`},
	{token: `{URL}`},
	{token: `{SITE}`},
	{token: `{EMAIL}`},
	{token: `@[a-zA-Z_][a-zA-Z_0-9]*|#{LETTER}+`},
	{token: `{CLITIC}`, after: `[^A-Za-z]`, write: latexQuotes},
	{token: `{NOT}`, after: `[^A-Za-z]`, write: latexQuotes},

	// Numbers.
	{token: `{DIGIT}{1,2}[-/]{DIGIT}{1,2}[-/]{DIGIT}{2,4}`},
	{token: `[-+]?(?:{DIGIT}+|{DIGIT}*(?:[.:,\x{AD}\x{66B}\x{66C}]{DIGIT}+)+)`, write: dropSoftHyphens},
	{token: `[\x{207A}\x{207B}\x{208A}\x{208B}]?(?:[\x{2070}\x{B9}\x{B2}\x{B3}\x{2074}-\x{2079}]+|[\x{2080}-\x{2089}]+)`},
	{token: `(?:{DIGIT}{1,4}[- \x{A0}])?{DIGIT}{1,4}(?:\\?/|\x{2044}){DIGIT}{1,4}`, write: protectSpaces},
	{token: `[\x{BC}-\x{BE}\x{2153}-\x{215E}]`, write: replacing("¼", "1/4", "½", "1/2", "¾", "3/4", "⅓", "1/3", "⅔", "2/3")},

	{token: `-(?i:rrb|lrb|rcb|lcb|rsb|lsb)-|(?i:c\.d\.s|pro-|anti-)|(?i:s)(?:&|{AMP})(?i:p-500|ls)|(?i:cap){APOS}(?i:n)|(?i:c){APOS}(?i:est)`, write: plainAmpersand},
	{token: `[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:\\?/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}`},
	{token: `[A-Z]*\$|#`},
	{token: `[\x{A2}-\x{A5}\x{80}\x{20A0}\x{20AC}\x{60B}\x{E3F}\x{20A4}\x{FFE0}\x{FFE1}\x{FFE5}\x{FFE6}]`,
		write: replacing("¢", "cents", "£", "#", "\u0080", "$", "¤", "$", "₠", "$", "€", "$")},

	// Abbreviations.
	{token: `{ACRONYM}\.`, after: `{BLANK}+(?:{OPENER}|{SGML}){BLANK}`, write: sentenceEndingAcronym},
	{token: `(?i:ca|figs?|prop|nos?|art|bldg|pp|op)\.`, after: `{BLANK}?{ND}`},
	{token: `(?i:pt)[eyEY]\.|(?i:co\.)`, after: `{SPACE}(?i:ltd|lim)`},
	{token: `{MIDABBREVIATION}\.`, after: `{BLANK}(?:{BLANK}|{UPPER}|{SGML})`, write: unreadPeriod},
	{token: `{MIDABBREVIATION}\.`, after: `(?s:..)`},
	{token: `{MIDABBREVIATION}\.`, write: unreadPeriod},
	{token: `{TITLEABBREVIATION}\.`},
	{token: `{TITLEABBREVIATION}`, after: `{SPACE}`},
	{token: `{ACRONYM}`, after: `{BLANK}`},
	{token: `{APOS}[0-9][0-9]`, after: `{BLANK}`},
	{token: `(?:{LETTER}|{DIGIT})+(?:\.(?:{LETTER}|{DIGIT})+)*\.{EXTENSION}`, after: `{BLANK}|[.?!,]`},
	{token: `{WORD}\.`, after: `{INNERMARK}`, write: dropSoftHyphens},
	{token: `{PHONE}`, write: phone},

	// Quotes, brackets and marks.
	{token: `"|&(?i:quot);`, write: always(`''`)},
	{token: `\x7f`, write: always("")},
	{token: `<|&(?i:lt);`, write: always("<")},
	{token: `>|&(?i:gt);`, write: always(">")},
	{token: `{SMILEY}`, after: `[^A-Za-z0-9]`, write: parentheses},
	{token: `{ASIANSMILEY}`, write: parentheses},
	{token: `[(){}\[\]]`, write: bracket},
	{token: `-+`, write: hyphens},
	{token: `\.{3,5}|(?:\.[ \x{A0}]){2,4}\.|[\x{85}\x{2026}]`, write: always("...")},
	{token: `@+|#+|_+`},
	{token: `\*+|(?:\\\*){1,3}`},
	{token: `{INNERMARK}`},
	{token: `[?!]+`},
	{token: `[.¡¿\x{37E}\x{589}\x{61F}\x{6D4}\x{700}-\x{702}\x{7FA}\x{3002}]`},
	{token: `=`},
	{token: `/`},

	// Hyphenated things.
	{token: `{HYPHENED}\.`, after: `{INNERMARK}`, write: dropSoftHyphens},
	{token: `{HYPHENED}`, write: dropSoftHyphens},
	{token: `{THING}\.`, after: `{INNERMARK}`},
	{token: `{THING}`},
	{token: `{JOINED}\.`, after: `{INNERMARK}`, write: plainAmpersand},
	{token: `{JOINED}`, write: plainAmpersand},

	{token: `'`, after: `[A-Za-z][^ \t\n\r\x{A0}]`},
	{token: `{CLITIC}`, write: latexQuotes},
	{token: `{NOT}`, write: latexQuotes},
	{token: "{APOS}|''|[`\\x{2018}-\\x{201F}\\x{91}-\\x{94}\\x{2039}\\x{203A}«»]{1,2}", write: latexQuotes},
	{token: `<<|>>`},
	{token: `{SYMBOL}`},

	// What is passed over; the last is everything that no rule knows: emoji, unassigned characters,
	// most combining marks.
	{token: `\x00|{SPACE}+|[\x{200B}\x{200E}\x{200F}\x{FEFF}]`, write: always("")},
	{token: `{NEWLINE}`, write: lineEnd},
	{token: `&(?i:nbsp);`, write: always("")},
	{token: `(?s:.)`, write: always("")},
}

// ptbNames are the parts that the rules are made of, each only of earlier ones.
var ptbNames = [][2]string{
	{"ALPHA", `[` + ptbLetters() + `]`},
	{"ND", `[` + ptbDigits() + `]`},
	{"UPPER", `[\p{Lu}\x{2160}-\x{216F}\x{24B6}-\x{24CF}]`},
	{"DIGIT", `{ND}`},
	{"LETTER", `(?:[` + ptbLetters() + ptbMarks + `]|&[aeiouAEIOU](?i:acute|grave|uml);)`},
	{"SPACE", `[ \t\x{A0}\x{2000}-\x{200A}\x{3000}]`},
	{"NEWLINE", `(?:\r?\n|[\r\x{2028}\x{2029}\x{B}\x{C}\x{85}])`},
	{"BLANK", `(?:{SPACE}|{NEWLINE})`},
	{"AMP", `&(?i:amp);`},
	{"INNERMARK", `[,;:\x{3001}]`},

	{"NAME", `[A-Za-z][A-Za-z0-9_:.\-]*`},
	{"SGML", `<(?:[!?][A-Za-z\-][^>\r\n]*|{NAME}(?: +(?:{NAME}|{NAME} *= *(?:'[^']*'|"[^"]*")))* */?|/{NAME}) *>`},

	{"APOS", `(?:['\x{92}\x{2019}]|&(?i:apos);)`},
	{"MARK", "(?:{APOS}|[`\\x{91}\\x{2018}\\x{201B}])"},
	{"CLITIC", `{APOS}(?:[msdMSD]|(?i:re|ve|ll))`},
	{"NOT", `(?i:n){MARK}(?i:t)`},
	{"WORD", `{LETTER}(?:{LETTER}|{DIGIT})*(?:[.!?]{LETTER}(?:{LETTER}|{DIGIT})*)*`},
	{"APOSTROPHEWORD", `(?:{APOS}(?i:n){APOS}?|[lLdDjJ]{APOS}|(?i:dunkin|somethin|ol){APOS}|{APOS}(?i:em|cause|till?)` +
		`|[A-HJ-XZn]{MARK}{ALPHA}{2}{ALPHA}*|{APOS}[2-9]0(?i:s)|{ALPHA}{ALPHA}*[aeiouyAEIOUY]{MARK}[aeiouA-Z]{ALPHA}*` +
		`|(?i:cont'd)\.?|(?i:'twas|nor'easter|c'mon|e'er|s'mores|ev'ry|li'l|nat'l)|(?i:o){MARK}(?i:o))`},

	{"URL", `(?i:https?)://[^ \t\n\f\r"<>|(){}]+[^ \t\n\f\r"<>|.!?(){},\-]`},
	{"SITE", `(?:(?i:www)\.(?:[^ \t\n\f\r"<>|.!?(){},]+\.)+[a-zA-Z]{2,4}|(?:[^ \t\n\f\r"` + "`" + `'<>|.!?(){},-_$]+\.)+(?i:com|net|org|edu))` +
		`(?:/[^ \t\n\f\r"<>|()]+[^ \t\n\f\r"<>|.!?(){},\-])?`},
	{"EMAIL", `(?:&(?i:lt);|<)?[a-zA-Z0-9][^ \t\n\f\r"<>|()\x{A0}{}]*@(?:[^ \t\n\f\r"<>|(){}.\x{A0}]+\.)*[^ \t\n\f\r"<>|(){}.\x{A0}]+(?:&(?i:gt);|>)?`},
	{"EXTENSION", `(?i:bat|bmp|c|class|cgi|cpp|dll|docx?|exe|gif|gz|h|html?|jar|java|jpe?g|mov|mp3|pdf|php|pl|png|pptx?|ps|py|sql|tar|txt|wav|x|xml|zip)`},

	{"ALLIES", `(?i:(?:canada|sino|korean|eu|japan|non)-u\.s|u\.s\.-(?:u\.k|u\.s\.s\.r))`},
	{"ACRONYM", `(?:[A-Za-z](?:\.[A-Za-z])*|{ALLIES})`},
	{"MIDABBREVIATION", `(?i:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu|thurs|fri` +
		`|ala|ariz|(?-i:A)z|(?-i:A)rk|calif|colo|conn|ct|dak|(?-i:D)el|fla|ga|(?-i:I)ll|ind|kans?|ky|(?-i:L)a|(?-i:M)ass|md|mich|minn` +
		`|(?-i:M)iss|mo|mont|neb|nev|okla|(?-i:O)re|(?-i:P)a|penn|tenn|(?-i:T)ex|va|vt|(?-i:W)ash|wisc?|wyo` +
		`|inc|cos?|corp|pp?t(?-i:[ye])s?|ltd|plc|rt|bancorp|bhd|assn|univ|intl|sys|tel|est|ext|sq` +
		`|jr|sr|bros|(?:ed|ph)\.d|blvd|rd|esq|etc|al|seq|bldg)`},
	{"TITLEABBREVIATION", `(?:{ACRONYM}|(?i:mrs?|ms|(?-i:M)iss|drs?|profs?|sens?|reps?|attys?|lt|col|gen|messrs|govs?|adm|rev|maj|sgt|cpl|pvt` +
		`|capt|ste?|ave|pres|lieut|hon|brig|co?mdr|pfc|spc|supts?|det|mt|ft|adj|adv|asst|assoc|ens|insp|mlle|mme|msgr|sfc` +
		`|vs|alex|wm|jos|cie|a\.k\.a|cf|treas|ph|invt|elec|natl|m(?-i:[ft])g|dept))`},
	// OPENER holds words that begin a sentence, so that an acronym before one may end one.
	{"OPENER", `(?:A(?i:bout|ccording|dditionally|fter|n|s|t)|A|B(?i:ut)|E(?i:arlier)|H(?i:e|er|ere|owever)|I(?i:f|n|t)|L(?i:ast)` +
		`|M(?i:any|ore|r\.|s\.)|N(?i:ow)|O(?i:nce|ne|ther|ur)|S(?i:he|ince|o|ome|uch)|T(?i:hat|he|heir|hen|here|hese|hey|his)` +
		`|W(?i:e|hen|hile|hat)|Y(?i:et|ou))`},

	{"HYPHENED", `[A-Za-z0-9][A-Za-z0-9.,\x{AD}]*(?:-(?:[A-Za-z0-9\x{AD}]+|(?:[A-Za-z](?:\.[A-Za-z])+|{ALLIES})\.))+`},
	{"PART", `(?:[dDoOlL]{MARK}(?:{ALPHA}|{ND}))?(?:{ALPHA}|{ND})+`},
	{"THING", `{PART}(?:[-_\x{58A}\x{2010}\x{2011}]{PART})*`},
	{"JOINED", `[A-Z]+(?:(?:[+&]|{AMP})[A-Z]+)+`},
	{"PHONE", `(?:(?:\([0-9]{2,3}\)[ \x{A0}]?|(?:\+\+?)?(?:[0-9]{2,4}[- \x{A0}])?[0-9]{2,4}[- \x{A0}])[0-9]{3,4}[- \x{A0}]?[0-9]{3,5}` +
		`|(?:(?:\+\+?)?[0-9]{2,4}\.)?[0-9]{2,4}\.[0-9]{3,4}\.[0-9]{3,5})`},
	{"SMILEY", `[<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]]`},
	{"ASIANSMILEY", `(?:[\^x=~<>]\.\[\^(?i:x)=~<>\]|[-^x=~<>']_[-^x=~<>']|\([-^x=~<>'][_.]?[-^x=~<>']\)|\([\^x=~<>']-[\^x=~<>'` + "`" + `]\))`},
	{"SYMBOL", `[+%&~^|\\¦§¨©¬®¯\x{B0}-\x{BA}×÷\x{387}\x{5BE}\x{5C0}\x{5C3}\x{5C6}\x{5F3}\x{5F4}\x{600}-\x{603}\x{606}-\x{60A}\x{60C}` +
		`\x{614}\x{61B}\x{61E}\x{66A}\x{66D}\x{703}-\x{70D}\x{7F6}-\x{7F8}\x{964}\x{965}\x{E4F}\x{1FBD}\x{2016}\x{2017}\x{2020}-\x{2023}` +
		`\x{2030}-\x{2038}\x{203B}\x{203E}-\x{2042}\x{2044}\x{207A}-\x{207F}\x{208A}-\x{208E}\x{2100}-\x{214F}\x{2190}-\x{2BFF}\x{3012}` +
		`\x{30FB}\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF20}\x{FF3B}-\x{FF40}\x{FF5B}-\x{FF65}]`},
}

// ptbName finds the names in a pattern, and the characters given by number so as to leave them
// alone.
var ptbName = regexp.MustCompile(`\\x\{[0-9A-F]+\}|\{[A-Z]+\}`)

// spelled writes the parts of a pattern out.
func spelled(pattern string, names map[string]string) string {
	return ptbName.ReplaceAllStringFunc(pattern, func(name string) string {
		if name[0] == '\\' {
			return name
		}
		part, ok := names[strings.Trim(name, "{}")]
		if !ok {
			panic("metrics: no pattern is called " + name)
		}
		return "(?:" + part + ")"
	})
}
