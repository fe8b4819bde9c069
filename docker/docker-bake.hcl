# The image for every architecture that it is for, with what it is made of and how it was made beside it:
#   docker buildx bake -f docker/docker-bake.hcl --set '*.output=type=registry'        (IMAGE, VERSION, REVISION and SOURCE_DATE_EPOCH from the environment)
# `docker buildx bake -f docker/docker-bake.hcl local` builds for this machine alone, and loads it.

variable "IMAGE" {
  default = "likeness"
}

variable "VERSION" {
  default = "0.1.0"
}

variable "REVISION" {
  default = ""
}

# Seconds since 1970 of the commit: the same sources give the same image.
variable "SOURCE_DATE_EPOCH" {
  default = "0"
}

group "default" {
  targets = ["image"]
}

target "base" {
  context    = "."
  dockerfile = "docker/Dockerfile"
  args = {
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
  }
  labels = {
    "org.opencontainers.image.title"       = "Likeness"
    "org.opencontainers.image.description" = "Self-hosted identity service: accounts, tokens and avatars behind one REST API."
    "org.opencontainers.image.licenses"    = "MIT"
    "org.opencontainers.image.version"     = VERSION
    "org.opencontainers.image.revision"    = REVISION
  }
}

target "image" {
  inherits  = ["base"]
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${IMAGE}:${VERSION}", "${IMAGE}:latest"]
  attest = [
    "type=provenance,mode=max",
    "type=sbom",
  ]
}

target "local" {
  inherits = ["base"]
  tags     = ["${IMAGE}:${VERSION}"]
  output   = ["type=docker"]
}
