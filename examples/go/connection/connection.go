// SPDX-License-Identifier: Apache-2.0
//
// Package connection makes a connection to a stateserver, and calls that follow its
// retry rules (docs/replicas.md, Retrying).
package connection

import (
	"context"
	"errors"
	"math/rand"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	attempts     = 10
	firstPause   = 200 * time.Millisecond
	longestPause = 10 * time.Second
)

// Connect goes by the variables that stateclient takes: STATESERVER_SERVER, STATESERVER_TLS_CA.
func Connect() (*grpc.ClientConn, error) {
	address := os.Getenv("STATESERVER_SERVER")
	if address == "" {
		address = "127.0.0.1:7433"
	}
	authority := os.Getenv("STATESERVER_TLS_CA")
	if authority == "" {
		if os.Getenv("STATESERVER_TOKEN") != "" && !onThisMachine(address) {
			return nil, errors.New("without TLS, the token is sent only to this machine: set STATESERVER_TLS_CA")
		}
		// A proxy of the environment could read the token, too.
		return grpc.Dial(address, grpc.WithInsecure(), grpc.WithNoProxy())
	}
	tls, err := credentials.NewClientTLSFromFile(authority, "")
	if err != nil {
		return nil, err
	}
	return grpc.Dial(address, grpc.WithTransportCredentials(tls))
}

func onThisMachine(address string) bool {
	for _, prefix := range []string{"127.0.0.1:", "[::1]:", "unix:"} {
		if strings.HasPrefix(address, prefix) {
			return true
		}
	}
	return false
}

// Context carries the bearer token in STATESERVER_TOKEN, if there is one.
func Context() context.Context {
	token := os.Getenv("STATESERVER_TOKEN")
	if token == "" {
		return context.Background()
	}
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
}

// Retrying calls again while the server cannot be reached or is about to stop. For calls that
// change nothing, or that carry an operation id.
func Retrying(call func() error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := call()
		code := status.Code(err)
		again := code == codes.Unavailable || code == codes.Canceled
		if !again || attempt == attempts {
			return err
		}
		time.Sleep(time.Duration(float64(pause) * (0.5 + rand.Float64()/2)))
		if pause *= 2; pause > longestPause {
			pause = longestPause
		}
	}
}
