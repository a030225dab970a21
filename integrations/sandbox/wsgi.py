"""The WSGI application: `granian --interface wsgi integrations.sandbox.wsgi:application`.

One process only: idempotency and slots rest on a lock in the process, the sender on one thread.
"""

import os

# A product shell may carry its own settings module in the environment; it is not meant here.
os.environ["DJANGO_SETTINGS_MODULE"] = "integrations.sandbox.settings"

from django.core.wsgi import get_wsgi_application

from integrations.sandbox.start import prepare
from integrations.sandbox.wire import delivery

application = get_wsgi_application()
prepare()
delivery.start()
