import { toErrorValue } from '../../contract/errors.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { Handlers } from '../../contract/wire.ts';
import type { ModelCatalogue } from '../models/index.ts';
import type { Handles } from './handles.ts';
import type { Conversions } from './model-conversion.ts';
import type { SettingsStore } from './settings.ts';

interface Parts {
  readonly catalogue: ModelCatalogue;
  readonly conversions: Conversions;
  readonly handles: Handles;
  readonly settings: SettingsStore;
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

type ModelMethod = Extract<keyof Handlers, `models.${string}`>;

/** Answers `models.*`. A download goes on after its request was answered; events tell how far it is. */
export function modelHandlers(parts: Parts): Pick<Handlers, ModelMethod> {
  const { catalogue, conversions, handles, settings, emit } = parts;
  const tell = async (): Promise<void> => emit('models.changed', { models: await catalogue.list() });

  return {
    'models.list': async () => ({ models: await catalogue.list(), conversion: conversions.latest }),
    'models.download': ({ id }) => {
      catalogue.download(id).then(tell, async (thrown: unknown) => {
        const { code, message, hint } = toErrorValue(thrown);
        await tell();
        if (code !== 'CANCELLED')
          emit('engine.notice', { tone: 'warning', message: `${message} ${hint ?? ''}`.trim() });
      });
      return {};
    },
    'models.cancelDownload': ({ id }) => {
      catalogue.cancelDownload(id);
      return {};
    },
    'models.probe': ({ handle, assume }) => catalogue.probe(handles.path(handle), assume),
    'models.addCustom': async ({ handle, name, interface: kind }) => {
      const added = await catalogue.addCustom(handles.path(handle), name, kind);
      await tell();
      return added;
    },
    'models.inspectDiffusion': ({ handle }) => conversions.inspect(handles.path(handle)),
    'models.conversionNeeds': ({ handle, choices }) => conversions.needs(handles.path(handle), choices),
    'models.convert': ({ handle, name, choices }) => {
      conversions.start(handles.path(handle), name, choices);
      return {};
    },
    'models.cancelConversion': () => {
      conversions.cancel();
      return {};
    },
    'models.addDiffusion': async ({ handle, name }) => {
      const added = await catalogue.addDiffusion(handles.path(handle), name);
      await tell();
      return added;
    },
    'models.lendDiffusion': async ({ handle }) => ({
      id: await catalogue.lendDiffusion(handles.path(handle)),
    }),
    'models.remove': async ({ id }) => {
      await catalogue.remove(id);
      await settings.forgetModel(id);
      await tell();
      return {};
    },
  };
}
