"""The step package model."""
