package gs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"gocloud.dev/gcerrors"
)

var errUnimplemented = errors.New("gs: this driver neither copies on the server nor signs URLs")

// statusError is an answer of the server other than success.
type statusError struct {
	status  int
	message string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("gs: %d %s: %s", e.status, http.StatusText(e.status), e.message)
}

// failure reads the error of a response and closes its body.
func failure(response *http.Response) error {
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
	var told struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	message := strings.TrimSpace(string(body))
	if json.Unmarshal(body, &told) == nil && told.Error.Message != "" {
		message = told.Error.Message
	}
	return &statusError{response.StatusCode, message}
}

// temporary reports whether the same request may succeed later
// (https://cloud.google.com/storage/docs/retry-strategy).
func temporary(err error) bool {
	var e *statusError
	if !errors.As(err, &e) {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	return e.status == http.StatusRequestTimeout || e.status == http.StatusTooManyRequests || e.status >= 500
}

// codes maps statuses to gocloud.dev's error codes.
var codes = map[int]gcerrors.ErrorCode{
	http.StatusBadRequest:                   gcerrors.InvalidArgument,
	http.StatusUnauthorized:                 gcerrors.PermissionDenied,
	http.StatusForbidden:                    gcerrors.PermissionDenied,
	http.StatusNotFound:                     gcerrors.NotFound,
	http.StatusPreconditionFailed:           gcerrors.FailedPrecondition,
	http.StatusRequestedRangeNotSatisfiable: gcerrors.InvalidArgument,
	http.StatusTooManyRequests:              gcerrors.ResourceExhausted,
	http.StatusInternalServerError:          gcerrors.Internal,
}

// ErrorCode implements [driver.Bucket].
func (b *bucket) ErrorCode(err error) gcerrors.ErrorCode {
	var e *statusError
	switch {
	case errors.Is(err, errUnimplemented):
		return gcerrors.Unimplemented
	case errors.Is(err, context.Canceled):
		return gcerrors.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return gcerrors.DeadlineExceeded
	case errors.As(err, &e):
		if code, known := codes[e.status]; known {
			return code
		}
	}
	return gcerrors.Unknown
}
