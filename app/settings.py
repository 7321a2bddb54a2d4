"""The only reader of the environment: every setting is a ``CYTOREVIEW_…`` variable with a safe default."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def default_home() -> Path:
    """The platform's folder for a user's data."""
    from platformdirs import user_data_path

    return user_data_path("cytoreview", appauthor=False)


def comma_separated(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


class Settings(BaseSettings):
    """What an operator can set. Each field's description is what the reference prints."""

    model_config = SettingsConfigDict(env_prefix="CYTOREVIEW_", extra="ignore", frozen=True)

    home: Path = Field(
        default_factory=default_home,
        description="Folder of database, blobs, reports and locks. Default: the platform's user data folder.",
    )
    database_url: str = Field(
        default="",
        description="`sqlite:///…` or `postgresql://…`. Default: `cytoreview.db` in the home folder.",
    )
    blobs_url: str = Field(
        default="",
        description="Where pictures are stored: `file:///…`. Default: `blobs/` in the home folder.",
    )
    host: str = Field(default="127.0.0.1", description="Address on which the server listens.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port on which the server listens; 0 takes a free one.")
    public_url: str = Field(
        default="",
        description="Address under which people reach the server, used in links. Default: what it listens on.",
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Host names that requests may name, separated by commas. Default: loopback, the host it listens on "
        "and the host of the public URL.",
    )
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Proxies whose `X-Forwarded-…` headers are believed, separated by commas. Default: none.",
    )
    import_roots: Annotated[list[Path], NoDecode] = Field(
        default_factory=list,
        description="Folders from which an admin may import by path over REST, separated by commas. Default: none.",
    )
    session_hours: int = Field(default=12, ge=1, le=24 * 30, description="Hours after which a sign-in ends.")
    upload_limit_gb: float = Field(default=50, gt=0, description="Largest ZIP that may be uploaded, in GB.")
    log_format: str = Field(
        default="text", pattern="^(text|json)$", description="`text` for people, `json` for machines."
    )

    @field_validator("allowed_hosts", "trusted_proxies", "import_roots", mode="before")
    @classmethod
    def split_at_commas(cls, value: object) -> object:
        return comma_separated(value)

    @property
    def database(self) -> str:
        """The database's address, with the default filled in."""
        return self.database_url or f"sqlite:///{(self.home / 'cytoreview.db').absolute()}"

    @property
    def blobs(self) -> str:
        """The blob store's address, with the default filled in."""
        return self.blobs_url or (self.home / "blobs").absolute().as_uri()


def load_settings() -> Settings:
    """The settings as the environment has them now."""
    return Settings()
